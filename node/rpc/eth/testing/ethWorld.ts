import { readFile } from 'node:fs/promises';
import type { TypedTxData } from '@ethereumjs/tx';
import { type Abi, encodeFunctionData } from 'viem';
import type { Block } from '../../../../chain/block.ts';
import { SafeEmitter } from '../../../../chain/emitter.ts';
import { bytesHex, hexBytes } from '../../../../chain/evm/crypto.ts';
import { EvmRecords } from '../../../../chain/evm/evmRecords.ts';
import { nextBaseFee } from '../../../../chain/evm/fees.ts';
import { createdBy } from '../../../../chain/evm/receipts.ts';
import { inputOn, type LaneFixture, laneFixture, sign, WALLETS } from '../../../../chain/evm/testing/laneFixture.ts';
import type { EvmBlockInput, EvmBlockRecord, EvmTx } from '../../../../chain/evm/types.ts';
import { silentLogger } from '../../../../chain/logger.ts';
import { FakeClock } from '../../../../chain/testing/fakeClock.ts';
import { artifact, compile } from '../../../../genesis/compiler.ts';
import type { GenesisState } from '../../../../genesis/spec.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { EvmPool } from '../../../../sequencer/evm/evmPool.ts';
import { RecoverPool } from '../../../../sequencer/evm/recoverPool.ts';
import type { Sequencer } from '../../../../sequencer/sequencer.ts';
import { SequencerEvmBackend, type SequencerEvmBackendOptions } from '../../../backend/evm/sequencerEvmBackend.ts';
import { dispatch } from '../../dispatch.ts';
import type { EthHandlers } from '../ethContext.ts';
import { ethMethods } from '../ethMethods.ts';
import { FilterManager } from '../logs/filterManager.ts';

export const GWEI = 10n ** 9n;
export const ETHER = 10n ** 18n;

/** Fields of a transaction of any type; undefined: not one of its type's. */
export type TxFields = Partial<
  Record<
    | 'type'
    | 'nonce'
    | 'to'
    | 'value'
    | 'data'
    | 'gasLimit'
    | 'gasPrice'
    | 'maxFeePerGas'
    | 'maxPriorityFeePerGas'
    | 'accessList'
    | 'authorizationList',
    unknown
  >
>;

export interface RpcFailure {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export async function probeArtifact(): Promise<{ abi: Abi; bytecode: Hex }> {
  const content = await readFile(new URL('./Probe.sol', import.meta.url), 'utf8');
  const { abi, bytecode } = artifact(await compile({ 'Probe.sol': content }), 'Probe');
  return { abi: abi as Abi, bytecode }; // what solc writes is an ABI
}

/** Real lane, pool and records behind the JSON-RPC; blocks are made when a test asks for one. */
export class EthWorld {
  readonly fixture: LaneFixture;
  readonly pool: EvmPool;
  readonly backend: SequencerEvmBackend;
  readonly filters: FilterManager;
  readonly clock = new FakeClock();
  readonly heads = { latest: 0n, safe: 0n, finalized: 0n };
  readonly probe: { readonly abi: Abi; readonly bytecode: Hex };
  /** Errors that the caller does not get to see. */
  readonly hidden: unknown[] = [];
  readonly #events: Sequencer['events'] = new SafeEmitter({ log: silentLogger });
  readonly #records: EvmRecords;
  readonly #handlers: EthHandlers;
  readonly #recovery = new RecoverPool({ threads: 0 });
  readonly #nonces = new Map<Hex, bigint>();

  private constructor(
    fixture: LaneFixture,
    probe: { abi: Abi; bytecode: Hex },
    options: Partial<SequencerEvmBackendOptions>,
  ) {
    this.fixture = fixture;
    this.probe = probe;
    const { lane, db } = fixture;
    this.#records = new EvmRecords({ common: lane.common }, { db });
    this.pool = new EvmPool(
      { gasLimit: lane.genesis.gasLimit },
      {
        common: lane.common,
        clock: this.clock,
        state: () => lane.stateAt(lane.head.stateRoot),
        baseFee: () => nextBaseFee(lane.head),
        recover: (txs, raws) => this.#recovery.recoverMany(txs, raws),
        authorities: (tx) => this.#recovery.authorities(tx),
      },
    );
    this.pool.onPending = (tx) => this.#events.tell('evmTx', tx);
    this.backend = new SequencerEvmBackend(
      { clientVersion: 'engram/test', ...options },
      {
        store: {
          evmBlock: (number) => this.#records.readBlock(number),
          evmBlockByHash: async (hash) => {
            const number = await this.#records.numberOf(hash);
            return number === undefined ? undefined : this.#records.readBlock(number);
          },
          evmBloom: (number) => this.#records.bloom(number),
          evmTx: (hash) => this.#records.location(hash),
        },
        sequencer: { lane, evmPool: this.pool, submitEvm: (raw) => this.pool.add(raw), events: this.#events },
        heads: this.heads,
      },
    );
    this.filters = new FilterManager({ backend: this.backend, nowMs: () => this.clock.nowMs() });
    this.#handlers = ethMethods(this.backend, this.filters);
  }

  static async create(
    genesis: Partial<GenesisState> = {},
    options: Partial<SequencerEvmBackendOptions> = {},
  ): Promise<EthWorld> {
    const [fixture, probe] = await Promise.all([laneFixture(genesis), probeArtifact()]);
    const world = new EthWorld(fixture, probe, options);
    await world.#storeGenesis();
    return world;
  }

  async #storeGenesis(): Promise<void> {
    const { lane, db } = this.fixture;
    const record: EvmBlockRecord = {
      header: lane.genesis,
      hash: bytesHex(lane.genesis.hash()),
      mirror: { leaves: [], claims: [] },
      messages: [],
      txs: [],
      systemTxs: 0,
      receipts: [],
      inboxCount: 0n,
      outbox: { root: `0x${'00'.repeat(32)}`, count: 0n },
    };
    await db.write([...(await lane.genesisWrites()), ...this.#records.block(record)]);
  }

  /** A block of what waits in the pool. */
  async mine(parts: Partial<EvmBlockInput> = {}): Promise<EvmBlockRecord> {
    const { lane, db } = this.fixture;
    const input = inputOn(lane.head, parts);
    const source = this.pool.source({ baseFee: nextBaseFee(lane.head), maxBytes: 1_000_000 });
    const block = await lane.build(input, source);
    const { header, hash, txs, systemTxs, receipts, outbox } = block;
    const { mirror, messages } = input;
    const raws = txs.map(({ raw }) => raw);
    const record = { header, hash, mirror, messages, txs: raws, systemTxs, receipts, inboxCount: 0n, outbox };
    await db.write([...this.#records.block(record), ...block.writes]);
    block.commit();
    this.heads.latest = header.number;
    await this.pool.onBlock({ txs, baseFee: nextBaseFee(header) });
    // what the backend hears of a block is its EVM part
    this.#events.tell('block', { evm: record } as unknown as Block);
    return record;
  }

  /** A signed transaction of a wallet, with its next nonce. */
  sign(wallet: number, data: TxFields): EvmTx {
    const from = WALLETS[wallet];
    if (from === undefined) throw new RangeError(`no wallet ${wallet}`);
    const nonce = this.#nonces.get(from.address) ?? 0n;
    this.#nonces.set(from.address, nonce + 1n);
    return sign(this.fixture.lane, from, {
      type: 2,
      nonce,
      gasLimit: 1_000_000n,
      maxFeePerGas: 10n * GWEI,
      maxPriorityFeePerGas: GWEI,
      ...data,
    } as TypedTxData); // EthereumJS checks what each type needs
  }

  async send(wallet: number, data: TxFields): Promise<EvmTx> {
    const tx = this.sign(wallet, data);
    await this.call('eth_sendRawTransaction', [bytesHex(tx.raw)]);
    return tx;
  }

  /** A contract of Probe.sol, mined. */
  async deployProbe(): Promise<Hex> {
    const tx = await this.send(0, { data: hexBytes(this.probe.bytecode), gasLimit: 3_000_000n });
    await this.mine();
    return bytesHex(createdBy(hexBytes(tx.sender), tx.tx.nonce));
  }

  /** Call data of a function of Probe.sol. */
  data(functionName: string, args: readonly unknown[] = []): Hex {
    return encodeFunctionData({ abi: this.probe.abi, functionName, args });
  }

  /** The result; a refusal is thrown as it is. */
  async call(method: string, params: readonly unknown[] = []): Promise<ReturnType<typeof JSON.parse>> {
    const handler = this.#handlers[method];
    if (handler === undefined) throw new RangeError(`no method ${method}`);
    // what a caller gets went through JSON
    return JSON.parse(JSON.stringify((await handler(JSON.parse(JSON.stringify(params)))) ?? null));
  }

  /** The error a call is answered with. */
  async failure(method: string, params: readonly unknown[] = []): Promise<RpcFailure> {
    const text = await dispatch(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      { batchLimit: 1 },
      {
        method: (name) => {
          const run = Object.hasOwn(this.#handlers, name) ? this.#handlers[name] : undefined;
          return run === undefined ? undefined : (given) => run(given);
        },
        onHiddenError: (error) => this.hidden.push(error),
      },
    );
    return JSON.parse(text ?? '{}').error;
  }

  async stop(): Promise<void> {
    this.filters.close();
    await this.#recovery.stop();
  }
}
