import type { PrecompileFunc } from '@ethereumjs/evm';
import { createAddressFromString } from '@ethereumjs/util';
import { type Hex, hexToBytes } from 'viem';
import { babyJubjubPrecompile } from '../chain/evm/precompiles/babyJubjub.ts';
import { ledgerReadPrecompile } from '../chain/evm/precompiles/ledgerRead.ts';
import { modelAttestationPrecompile } from '../chain/evm/precompiles/modelAttestation.ts';
import { poseidonPrecompile } from '../chain/evm/precompiles/poseidon.ts';
import type { CallFrame, Precompile } from '../chain/evm/precompiles/precompile.ts';
import type { ContractStorage } from '../chain/evm/precompiles/storage.ts';
import { everyCall } from '../chain/evm/precompiles/testing/everyCall.ts';
import { CALLER, World } from '../chain/evm/precompiles/testing/world.ts';
import { bigintToBytes, bytesToHex, prefixedHex } from '../protocol/bytes.ts';
import { BABY_JUBJUB, LEDGER_READ, MODEL_ATTESTATION, POSEIDON } from '../protocol/lane/addresses.ts';
import { TEST_DOMAIN } from '../protocol/testing/actors.ts';

/**
 * What a call of each precompile costs in time and gas, beside what Ethereum prices on the same EVM: `npx tsx bench/precompiles.ts [--json]`.
 * CPU time of this process, without the frame around the call (the same for all). A read of storage is counted with the time of an SLOAD
 * in the same state, a write with that of a read. `timesEcrecover` compares nanoseconds a gas with ecrecover's: over 2 would be too cheap.
 */

const MEASURE_MS = 100;
const ROUNDS = 5;
const GAS_LIMIT = 30_000_000n;

const PRECOMPILES = new Map<Hex, Precompile>([
  [MODEL_ATTESTATION, modelAttestationPrecompile],
  [POSEIDON, poseidonPrecompile],
  [BABY_JUBJUB, babyJubjubPrecompile],
  [LEDGER_READ, ledgerReadPrecompile],
]);

interface Row {
  readonly name: string;
  /** What a call uses in all. */
  readonly gas: number;
  /** Words of storage read and written. */
  readonly accesses: number;
  /** Without storage. */
  readonly ns: number;
}

function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** Nanoseconds of the best of some rounds, after one to warm up. */
async function nsOf(run: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= ROUNDS; round += 1) {
    let [count, elapsed] = [0, 0];
    const start = cpuNs();
    while (elapsed < MEASURE_MS * 1e6) {
      for (let i = 0; i < 20; i += 1) await run();
      count += 20;
      elapsed = cpuNs() - start;
    }
    if (round > 0) best = Math.min(best, elapsed / count);
  }
  return best;
}

/** Storage as it was read from the state once; writes leave nothing. */
class Remembered implements ContractStorage {
  readonly #state: ContractStorage;
  readonly #words = new Map<string, Uint8Array>();
  accesses = 0;

  constructor(state: ContractStorage) {
    this.#state = state;
  }

  async getStorage(address: Hex, slot: Uint8Array): Promise<Uint8Array> {
    this.accesses += 1;
    const key = address + bytesToHex(slot);
    const known = this.#words.get(key);
    if (known !== undefined) return known;
    const value = await this.#state.getStorage(address, slot);
    this.#words.set(key, value);
    return value;
  }

  async putStorage(): Promise<void> {
    this.accesses += 1;
  }
}

const world = await World.create();
const calls = await everyCall(world);

async function measureOurs(name: string, address: Hex, data: Hex): Promise<Row> {
  const run = PRECOMPILES.get(address);
  if (run === undefined) throw new RangeError(name);
  const none = { value: 0n, isStatic: false, isDelegateCall: false, isBorrowed: false };
  const frame: CallFrame = { caller: 1n, ...none, data: hexToBytes(data), gasLimit: GAS_LIMIT };
  const storage = new Remembered(world.storage);
  const { executionGasUsed: gas, exceptionError } = await run(frame, { storage, domain: TEST_DOMAIN });
  if (exceptionError !== undefined) throw new RangeError(name);
  const row = { name, gas: Number(gas), accesses: storage.accesses };
  return { ...row, ns: await nsOf(() => run(frame, { storage, domain: TEST_DOMAIN })) };
}

async function measureTheirs(name: string, n: number, data: Hex): Promise<Row> {
  const run = world.evm.getPrecompile(`0x${n.toString(16).padStart(40, '0')}`) as PrecompileFunc; // active since Frontier to Prague
  const input = { data: hexToBytes(data), gasLimit: GAS_LIMIT, common: world.evm.common, _EVM: world.evm };
  const { executionGasUsed } = await run(input);
  const gas = Number(executionGasUsed);
  return { name, gas, accesses: 0, ns: await nsOf(() => run(input)) };
}

/** A contract of one opcode a hundred times, without the frame around it. */
async function measureOpcode(name: string, opcode: string, operands: (i: number) => string): Promise<Row> {
  const to = createAddressFromString(`0x${'c0de'.padStart(40, '0')}`);
  const caller = createAddressFromString(CALLER);
  const callCode = async (code: string) => {
    await world.state.putCode(to, hexToBytes(`0x${code}00`));
    let gas = 0;
    const ns = await nsOf(async () => {
      const { execResult } = await world.evm.runCall({ to, caller, gasLimit: GAS_LIMIT });
      gas = Number(execResult.executionGasUsed);
      world.evm.journal.cleanJournal();
    });
    return { gas, ns };
  };
  const repeated = Array.from({ length: 100 }, (_, i) => `${operands(i)}${opcode}50`).join('');
  const [whole, frame] = [await callCode(repeated), await callCode('00')];
  const gas = whole.gas / 100;
  return { name, gas, accesses: 0, ns: (whole.ns - frame.ns) / 100 };
}

const hexWord = (value: bigint) => prefixedHex(bigintToBytes(value, 32)).slice(2);
// A signature that recovers: r is the x of the generator, s anything.
const G_X = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n;
const ecrecover = await measureTheirs('ecrecover', 1, `0x${[1n, 27n, G_X, 12345n].map(hexWord).join('')}`);
const [g1, infinity] = [`${hexWord(1n)}${hexWord(2n)}`, '00'.repeat(64 + 128)];
const sload = await measureOpcode('SLOAD (cold, nothing there)', '54', (i) => `61${hexWord(BigInt(i)).slice(60)}`);
const rows = [
  ecrecover,
  await measureTheirs('sha256 of 64 bytes', 2, `0x${'11'.repeat(64)}`),
  await measureTheirs('bn254 add', 6, `0x${g1}${g1}`),
  await measureTheirs('bn254 mul', 7, `0x${g1}${hexWord(2n ** 253n - 1n)}`),
  await measureTheirs('bn254 pairing of nothing with nothing', 8, `0x${infinity}`),
  await measureOpcode('KECCAK256 of 32 bytes', '20', () => '60205f'),
  sload,
];
for (const { name, address, data } of calls) rows.push(await measureOurs(name, address, data));

const results = rows.map(({ name, gas, accesses, ns }) => {
  const total = ns + accesses * sload.ns;
  const times = (total * ecrecover.gas) / (gas * ecrecover.ns);
  const rounded = { computeNs: Math.round(ns), ns: Math.round(total), nsPerGas: round(total / gas) };
  return { name, gas, accesses, ...rounded, timesEcrecover: round(times) };
});

function round(value: number): number {
  return Number(value.toFixed(2));
}

console.table(Object.fromEntries(results.map(({ name, ...rest }) => [name, rest])));
if (process.argv.includes('--json')) console.log(JSON.stringify({ calls: results }));
