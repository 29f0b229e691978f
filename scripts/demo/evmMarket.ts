/** The bounty contract: its deployment, receipts it pays for, receipts it refuses. */
import {
  type Abi,
  type Address,
  BaseError,
  decodeErrorResult,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  isHex,
} from 'viem';
import { buildReceiptMarket } from '../../examples/contracts/build.ts';
import type { ContractArtifact } from '../../genesis/compiler.ts';
import { prefixedHex } from '../../protocol/bytes.ts';
import { encodeProof, encodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { LEDGER_READ_ABI } from '../../sdk/index.ts';
import { type Artefact, hex } from './aiArtefacts.ts';
import type { Evidence } from './aiStream.ts';
import type { Lane } from './evmLane.ts';
import type { Person } from './people.ts';
import { ETH } from './world.ts';

/** Enough for a call of the contract that must fail: without a limit it would not even be sent. */
const GAS_OF_A_REFUSED_CALL = 400_000n;

export interface Terms {
  readonly model: Artefact;
  /** Who must have attested the model first. */
  readonly owner: Address;
  readonly origin: Artefact;
  readonly consumer: Person;
  /** Wei for a receipt. */
  readonly reward: bigint;
  /** Default: the test token. */
  readonly token?: number;
}

export interface Bytes {
  readonly receipt: Hex;
  readonly proof: Hex;
}

/** As a contract takes them. */
export function bytesOf({ receipt, proof }: Evidence): Bytes {
  return { receipt: prefixedHex(encodeReceipt(receipt)), proof: prefixedHex(encodeProof(proof)) };
}

export class Market {
  readonly address: Address;
  readonly deployGas: bigint;
  readonly #lane: Lane;
  readonly #abi: Abi;
  readonly #reward: bigint;

  private constructor(lane: Lane, parts: { address: Address; abi: Abi; reward: bigint; deployGas: bigint }) {
    this.#lane = lane;
    this.address = parts.address;
    this.#abi = parts.abi;
    this.#reward = parts.reward;
    this.deployGas = parts.deployGas;
  }

  static async deploy(lane: Lane, sponsor: Person, terms: Terms, funds: bigint): Promise<Market> {
    const contract = await buildReceiptMarket();
    const receipt = await lane.send(sponsor, { data: deployData(lane, contract, terms), value: funds });
    const { contractAddress: address, gasUsed: deployGas } = receipt;
    if (receipt.status !== 'success' || !address) throw new RangeError('the bounty was not deployed');
    lane.track('market', address);
    lane.world.book.move(`lane:${sponsor.name}:${ETH}`, `lane:market:${ETH}`, funds);
    return new Market(lane, { address, abi: contract.abi, reward: terms.reward, deployGas });
  }

  /** Why the contract refuses these terms. */
  static async refusal(lane: Lane, sponsor: Person, terms: Terms): Promise<string> {
    const contract = await buildReceiptMarket();
    const call = lane.evm.call({ account: sponsor.account.l1.address, data: deployData(lane, contract, terms) });
    return refusalOf(call, contract.abi);
  }

  /** Why a bounty with other terms would refuse a receipt: deployed and asked in a simulation. */
  static async refusalUnder(lane: Lane, sponsor: Person, terms: Terms, { receipt, proof }: Bytes): Promise<string> {
    const { abi, bytecode } = await buildReceiptMarket();
    const account = sponsor.account.l1.address;
    const nonce = BigInt(await lane.evm.getTransactionCount({ address: account }));
    const to = getContractAddress({ from: account, nonce });
    const data = encodeFunctionData({ abi, functionName: 'claim', args: [receipt, proof] });
    const deploying = { account, to: null, data: deployData(lane, { abi, bytecode }, terms) };
    const [block] = await lane.evm.simulateBlocks({ blocks: [{ calls: [deploying, { account, to, data }] }] });
    const [deployed, claimed] = block?.calls ?? [];
    if (deployed?.status !== 'success') throw new RangeError('the bounty would not be deployed');
    return claimed?.status === 'failure' ? errorName(claimed.data, abi) : '';
  }

  call(functionName: string, args: readonly unknown[] = []): Hex {
    return encodeFunctionData({ abi: this.#abi, functionName, args });
  }

  /** The receipt is paid to its provider. Returns the gas. */
  async claim(by: Person, provider: Person, evidence: Evidence): Promise<bigint> {
    const { receipt, proof } = bytesOf(evidence);
    const { status, gasUsed } = await this.#lane.send(by, {
      to: this.address,
      data: this.call('claim', [receipt, proof]),
    });
    if (status !== 'success') throw new RangeError(`receipt ${evidence.receipt.sequence} was refused`);
    const { book, token } = this.#lane.world;
    book.move(`lane:market:${ETH}`, `lane:${provider.name}:${ETH}`, this.#reward);
    book.move(`lane:market:${token.id}`, `lane:${provider.name}:${token.id}`, evidence.receipt.price);
    return gasUsed;
  }

  /** A receipt it must not pay: sends it all the same. Returns the error that the contract gave, or '' if it paid. */
  async refusedClaim(by: Person, { receipt, proof }: Bytes): Promise<string> {
    const data = this.call('claim', [receipt, proof]);
    const account = by.account.l1.address;
    const reason = await refusalOf(this.#lane.evm.call({ account, to: this.address, data }), this.#abi);
    const { status } = await this.#lane.send(by, { to: this.address, data, gas: GAS_OF_A_REFUSED_CALL });
    return status === 'reverted' ? reason : '';
  }

  /** The contract attests a model in its own name. Returns its number in the EVM lane. */
  async attestDerived(sponsor: Person, artefact: Artefact, royaltyBps: number): Promise<bigint> {
    const args = [hex(artefact.sha256), hex(artefact.provenance), royaltyBps];
    const { logs } = await this.#lane.send(sponsor, { to: this.address, data: this.call('attestDerived', args) });
    return BigInt(logs.find(({ address }) => address === this.address.toLowerCase())?.topics[1] ?? 0);
  }

  /** What is left goes to the sponsor. */
  async close(sponsor: Person): Promise<void> {
    await this.#lane.send(sponsor, { to: this.address, data: this.call('close') });
    const { book, token } = this.#lane.world;
    for (const id of [ETH, token.id]) {
      book.move(`lane:market:${id}`, `lane:${sponsor.name}:${id}`, book.get(`lane:market:${id}`));
    }
  }
}

function deployData({ world }: Lane, { abi, bytecode }: Pick<ContractArtifact, 'abi' | 'bytecode'>, terms: Terms): Hex {
  const { model, owner, origin, consumer, reward, token = world.token.id } = terms;
  return encodeDeployData({
    abi,
    bytecode,
    args: [
      {
        model: hex(model.sha256),
        owner,
        origin: hex(origin.sha256),
        consumer: consumer.indexOf(world.token.id),
        token,
        reward,
      },
    ],
  });
}

/** The contract's error, or that of the precompile it called; '' if there was none. */
async function refusalOf(call: Promise<unknown>, abi: Abi): Promise<string> {
  try {
    await call;
    return '';
  } catch (error) {
    let data: Hex | undefined;
    if (error instanceof BaseError) {
      error.walk((cause) => {
        const { data: found } = (cause ?? {}) as { data?: unknown }; // any of viem's errors may carry it
        if (isHex(found)) data = found;
        return data !== undefined;
      });
    }
    if (data === undefined) throw error;
    return errorName(data, abi);
  }
}

function errorName(data: Hex, abi: Abi): string {
  return decodeErrorResult({ abi: [...abi, ...LEDGER_READ_ABI], data }).errorName;
}
