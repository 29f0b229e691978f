import { parseEther } from 'viem';
import { announce } from '../../../agents/discovery/announce.ts';
import { registerAgent } from '../../../agents/discovery/registerAgent.ts';
import { executionWord } from '../../../agents/execution/executionDocument.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import type { AccountIndex, Field } from '../../../protocol/types.ts';
import { type SignedReceipt, Subtype, sha256Bytes } from '../../../sdk/index.ts';
import type { Hex } from '../../../sdk/rpcTypes.ts';
import type { Parties, Party } from './people.ts';

const bytesOf = (text: string): Uint8Array => sha256Bytes(new TextEncoder().encode(text));
const QUESTIONS = 20;
const CHANNEL_SECONDS = 7 * 86_400;
const NO_OPTIONS = 0n as Field;

export interface Lineage {
  readonly dataset: AccountIndex;
  readonly training: AccountIndex;
  readonly model: AccountIndex;
  readonly fineTune: AccountIndex;
}

/** What was it made from? Data → training run → model → fine-tune. */
export async function attestLineage({ north, south }: Pick<Parties, 'north' | 'south'>): Promise<Lineage> {
  const attest = async (by: Party, what: string, subtype: Subtype, parent?: number): Promise<AccountIndex> => {
    const { index } = await by.ledger.attest({
      ...{ from: by.index, sha256: fileOf(what, by), subtype },
      ...(parent !== undefined && { parent }),
      ...(subtype === Subtype.MODEL && { royaltyBps: 500 }),
    });
    return accountIndex(index);
  };
  const dataset = await attest(south, 'observations', Subtype.DATASET);
  const training = await attest(south, 'training', Subtype.TRAINING_RUN, dataset);
  const model = await attest(south, 'model', Subtype.MODEL, training);
  const fineTune = await attest(north, 'model', Subtype.MODEL, model);
  return { dataset, training, model, fineTune };
}

/** Stands for a file's SHA-256, of this owner alone. */
function fileOf(what: string, { index }: Party): Uint8Array {
  return bytesOf(`${what} of ${index}`);
}

export interface Trade {
  readonly name: string;
  readonly model: AccountIndex;
  /** Of one answer, wei. */
  readonly price: bigint;
  readonly endpoint: string;
}

/** An agent under the service, announced with what it serves. Returns its ATTEST account. */
export async function provide(
  party: Party,
  { name, model, price, endpoint }: Trade,
  service: number,
): Promise<AccountIndex> {
  const { ledger, account, index: owner } = party;
  const { index: agent } = await registerAgent(ledger, { account, from: owner, name, service });
  const sha256: Hex = `0x${Buffer.from(fileOf('model', party)).toString('hex')}`;
  const execution = executionWord(`how ${name} runs ${sha256}`);
  const capability = { execution, model, name: 'forecast', price, sha256, token: 0 };
  await announce(ledger, { account, document: { agent, owner, name, endpoint, capabilities: [capability] } });
  return agent;
}

/** A channel to a provider, and answers that are paid by it; nothing is settled before `claim`. */
export class Custom {
  readonly #sides: Awaited<ReturnType<typeof sidesOf>>;
  readonly #price: bigint;

  private constructor(sides: Awaited<ReturnType<typeof sidesOf>>, price: bigint) {
    this.#sides = sides;
    this.#price = price;
  }

  static async open(consumer: Party, provider: Party, { model, price }: Trade): Promise<Custom> {
    return new Custom(await sidesOf(consumer, provider, model), price);
  }

  get channel(): AccountIndex {
    return this.#sides.paying.index;
  }

  /** Asks and pays some times, and claims for all of it. */
  async settle(questions = QUESTIONS): Promise<Hex> {
    const { paying, paid } = this.#sides;
    const price = this.#price;
    // what was received before is signed for
    let last: SignedReceipt | undefined;
    for (let n = 0; n < questions; n += 1) {
      const input = new TextEncoder().encode(`question ${n}`);
      paid.accept(paying.next(last, { price, input }), { price });
      const [inputHash, outputHash] = [sha256Bytes(input), bytesOf(`answer ${n}`)];
      last = paid.issue({ price, inputHash, outputHash, execution: NO_OPTIONS });
    }
    if (last !== undefined) paying.receive(last);
    paid.accept(paying.voucher(), { price: 0n }); // signs for the last receipt, too
    return paid.claim();
  }
}

async function sidesOf(consumer: Party, provider: Party, model: number) {
  const paying = await consumer.ledger.openChannel({
    ...{ from: consumer.index, provider: provider.index, model, amount: parseEther('0.2') },
    lifetimeSeconds: CHANNEL_SECONDS,
  });
  const { time } = await provider.ledger.getChainInfo();
  const paid = await provider.ledger.acceptChannel({ channel: paying.index, model, now: () => time });
  return { paying, paid };
}
