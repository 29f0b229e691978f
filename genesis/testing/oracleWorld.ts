import { sha256 } from '@noble/hashes/sha2.js';
import { type Abi, decodeErrorResult, encodeFunctionData, keccak256 } from 'viem';
import { createEngramEvm } from '../../chain/evm/engramEvm.ts';
import { packState } from '../../protocol/account.ts';
import { prefixedHex, wordHex } from '../../protocol/bytes.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { LEDGER_READ, ORACLE } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { type Answer, signAnswer } from '../../protocol/receipts/answer.ts';
import { encodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { type Actor, actor, TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { type Account, type Field, Kind } from '../../protocol/types.ts';
import { type Artifacts, artifact, compile, readSources } from '../compiler.ts';
import { LEDGER_READ_ABI } from '../predeploys/abi.ts';
import { aloneSources } from '../predeploys/build.ts';
import { ORACLE_ABI } from '../predeploys/oracleAbi.ts';
import { genesisState, loadSpec } from '../spec.ts';
import { ALICE } from './fixture.ts';
import { type Outcome, TestLane } from './lane.ts';

/** An ATTEST account of the ledger. */
export const MODEL = 11;
export const OTHER_MODEL = 12;
/** A CHANNEL account. */
export const CHANNEL = 30;
/** KEY accounts: provider `n` (1 to 9) is ledger account `100 + n` of actor `n`. */
export const PROVIDERS = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => 100 + n);
export const NOW = 1_800_000_000;
export const INPUT = new TextEncoder().encode('what is it?');
export const OUTPUT = new TextEncoder().encode('a cat');

/** Where the contracts of testing/contracts/Askers.sol stand. */
export const ASKERS = {
  Asker: at(1),
  Greedy: at(2),
  Relay: at(3),
  Burner: at(4),
  Bomb: at(5),
  Refuser: at(6),
  Reenterer: at(7),
} as const satisfies Record<string, Hex>;

function at(number: number): Hex {
  return `0x${number.toString(16).padStart(40, '6')}`;
}

export function ownerOf(provider: number): Actor {
  return actor(provider - 100);
}

/** Who controls a provider's account. */
export function controllerOf(provider: number): Hex {
  return `0x${ownerOf(provider).address.toString(16).padStart(40, '0')}`;
}

async function buildAskers(): Promise<Artifacts> {
  const own = await readSources(new URL('contracts', import.meta.url).pathname, (file) => file === 'Askers.sol');
  const { 'IOracle.sol': oracle = '' } = await aloneSources('Oracle');
  return compile({ ...own, 'IOracle.sol': oracle });
}

export interface Asked {
  readonly from?: Hex;
  readonly model?: number;
  readonly providers?: readonly number[];
  readonly quorum?: number;
  readonly input?: Uint8Array;
  readonly deadline?: number;
  readonly callbackGas?: number;
  readonly fee?: bigint;
}

export interface Given extends Partial<Answer> {
  readonly output?: Uint8Array;
  /** Signs; default: the provider's owner. */
  readonly by?: Actor;
  readonly receipt?: Uint8Array;
  readonly gasLimit?: bigint;
  readonly from?: Hex;
  /** Whether it was committed to in time, where it has to be; default true. */
  readonly isCommitted?: boolean;
}

/** Oracle on an EVM with the precompiles and a ledger of a model and some keys. */
export class OracleWorld {
  readonly lane: TestLane;
  readonly #artifacts: Artifacts;

  private constructor(lane: TestLane, artifacts: Artifacts) {
    this.lane = lane;
    this.#artifacts = artifacts;
  }

  static async create(): Promise<OracleWorld> {
    const [spec, askers] = await Promise.all([loadSpec('devnet'), buildAskers()]);
    const accounts = Object.entries(ASKERS).map(([name, address]) => {
      return { address, code: artifact(askers, name).runtime, balance: 0n, nonce: 1 };
    });
    const lane = await TestLane.create(await genesisState({ ...spec, accounts }), (parts) =>
      createEngramEvm({ ...parts, domain: TEST_DOMAIN }),
    );
    const world = new OracleWorld(lane, askers);
    for (const provider of PROVIDERS) {
      const { key, address } = ownerOf(provider);
      await world.#account(provider, Kind.KEY, [...key, address]);
    }
    for (const model of [MODEL, OTHER_MODEL]) await world.#account(model, Kind.ATTEST, [1n, 2n, 3n]);
    await world.#account(CHANNEL, Kind.CHANNEL, [1n, 2n, 3n]);
    return world;
  }

  /** As the mirror writes it. */
  async #account(index: number, kind: Account['kind'], words: readonly bigint[]): Promise<void> {
    const [a = 0n, b = 0n, c = 0n] = words as Field[]; // the mirror is not asked
    const state = packState({ kind, token: 0, nonce: 0, balance: 0n, claimed: 0n });
    for (const [i, word] of [state, a, b, c].entries()) {
      await this.lane.setStorage(LEDGER_READ, wordHex(BigInt(4 * index + i)), wordHex(word));
    }
  }

  /** A question of an account without code. */
  ask(asked: Asked = {}): Promise<Outcome> {
    const { from = ALICE, callbackGas = 0, fee = 100n } = asked;
    const args = [...questionArgs(asked), callbackGas, '0x00000000'] as const;
    const data = encodeFunctionData({ abi: ORACLE_ABI, functionName: 'ask', args: args as never }); // built by questionArgs
    return this.lane.send({ from, to: ORACLE, data, value: fee });
  }

  /** A question of one of ASKERS. */
  askBy(asker: keyof typeof ASKERS, asked: Asked = {}): Promise<Outcome> {
    const { callbackGas = 300_000, fee = 100n } = asked;
    const data = this.#encode(asker, 'ask', [...questionArgs(asked), callbackGas]);
    return this.lane.send({ from: ALICE, to: ASKERS[asker], data, value: fee });
  }

  /** A receipt's bytes as an honest provider signs them, but for what is changed. */
  receipt(question: number, provider: number, given: Given = {}): Uint8Array {
    const { by, output = OUTPUT, receipt: _r, gasLimit: _g, from: _f, isCommitted: _c, ...said } = given;
    const answer: Answer = {
      sequence: question,
      model: accountIndex(MODEL),
      time: NOW,
      price: 50n,
      inputHash: sha256(INPUT),
      outputHash: sha256(output),
      execution: 7n as Field,
      ...said,
    };
    return encodeReceipt(signAnswer(answer, (by ?? ownerOf(provider)).seed, TEST_DOMAIN));
  }

  /** Where a commitment is needed: made in time, and the answer shown no earlier than it may be, unless `given` says otherwise. */
  async answer(question: number, provider: number, given: Given = {}): Promise<Outcome> {
    const { gasLimit = 10_000_000n, from = ALICE, isCommitted = true } = given;
    const revealFrom = isCommitted ? await this.revealFrom(question) : 0n;
    if (revealFrom > 0n) {
      const now = this.lane.timestamp;
      if (now >= revealFrom) this.lane.timestamp = revealFrom - 1n;
      await this.commit(given.receipt ?? this.receipt(question, provider, given));
      this.lane.timestamp = now < revealFrom ? revealFrom : now;
    }
    return this.lane.send({ from, to: ORACLE, data: this.answerData(question, provider, given), gasLimit });
  }

  /** Commits to a receipt. */
  commit(receipt: Uint8Array, from: Hex = ALICE): Promise<Outcome> {
    const args = [keccak256(receipt)] as const;
    return this.lane.send({
      from,
      to: ORACLE,
      data: encodeFunctionData({ abi: ORACLE_ABI, functionName: 'commitAnswer', args }),
    });
  }

  /** Seconds; 0: the question wants no commitments, or is none. */
  async revealFrom(question: number): Promise<bigint> {
    const args = [BigInt(question)];
    const found = (await this.lane.read(ORACLE_ABI, ORACLE, 'questionAt', args)) as { revealFrom: number };
    return BigInt(found.revealFrom);
  }

  async committedAt(receipt: Uint8Array): Promise<bigint> {
    return (await this.lane.read(ORACLE_ABI, ORACLE, 'committedAt', [keccak256(receipt)])) as bigint;
  }

  answerData(question: number, provider: number, given: Given = {}): Hex {
    const { output = OUTPUT, receipt = this.receipt(question, provider, given) } = given;
    const args = [BigInt(question), provider, prefixedHex(output), prefixedHex(receipt)] as const;
    return encodeFunctionData({ abi: ORACLE_ABI, functionName: 'answer', args });
  }

  refund(question: number, from: Hex = ALICE): Promise<Outcome> {
    const data = encodeFunctionData({ abi: ORACLE_ABI, functionName: 'refund', args: [BigInt(question)] });
    return this.lane.send({ from, to: ORACLE, data });
  }

  withdraw(from: Hex, to: Hex = from): Promise<Outcome> {
    const data = encodeFunctionData({ abi: ORACLE_ABI, functionName: 'withdraw', args: [to] });
    return this.lane.send({ from, to: ORACLE, data });
  }

  /** A transaction to one of ASKERS. */
  send(asker: keyof typeof ASKERS, functionName: string, args: readonly unknown[] = []): Promise<Outcome> {
    return this.lane.send({ from: ALICE, to: ASKERS[asker], data: this.#encode(asker, functionName, args) });
  }

  readAsker(asker: keyof typeof ASKERS, functionName: string): Promise<unknown> {
    return this.lane.read(artifact(this.#artifacts, asker).abi, ASKERS[asker], functionName);
  }

  async credit(owner: Hex): Promise<bigint> {
    return (await this.lane.read(ORACLE_ABI, ORACLE, 'credit', [owner])) as bigint;
  }

  async status(question: number): Promise<number> {
    const found = (await this.lane.read(ORACLE_ABI, ORACLE, 'questionAt', [BigInt(question)])) as { status: number };
    return found.status;
  }

  #encode(asker: keyof typeof ASKERS, functionName: string, args: readonly unknown[]): Hex {
    return encodeFunctionData({ abi: artifact(this.#artifacts, asker).abi, functionName, args });
  }
}

function questionArgs(asked: Asked): readonly unknown[] {
  const { model = MODEL, providers = PROVIDERS.slice(0, 3), quorum = 2, input = INPUT, deadline = NOW + 60 } = asked;
  return [model, providers, quorum, prefixedHex(input), deadline];
}

/** `Name(arguments)` of the custom error an outcome failed with; "" if it has none. */
export function failure({ isSuccess, returned }: Outcome): string {
  if (isSuccess) return 'success';
  if (returned === '0x') return '';
  const abi: Abi = [...ORACLE_ABI, ...LEDGER_READ_ABI];
  const { errorName, args } = decodeErrorResult({ abi, data: returned });
  return `${errorName}(${(args ?? []).map(String).join(',')})`;
}
