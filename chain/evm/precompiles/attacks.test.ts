import { createAddressFromString } from '@ethereumjs/util';
import { type Hex, hexToBytes } from 'viem';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { prefixedHex } from '../../../protocol/bytes.ts';
import { MODEL_ATTESTATION, PRECOMPILES } from '../../../protocol/lane/addresses.ts';
import { SeededRandom } from '../../../protocol/testing/random.ts';
import { GAS } from './gas.ts';
import { everyCall, type KnownCall } from './testing/everyCall.ts';
import { type Contract, deploy, World } from './testing/world.ts';

const SEED = Number(process.env.SEED ?? 20_261);
const [CALL, STATICCALL, DELEGATECALL, CALLCODE] = [0, 1, 2, 3];
const GAS_LIMIT = 5_000_000n;

let world: World;
let user: Contract;
let calls: KnownCall[];

beforeAll(async () => {
  world = await World.create();
  user = await deploy(world, 'PrecompileUser');
  calls = await everyCall(world);
});

beforeEach(() => world.evm.journal.checkpoint());
afterEach(() => world.evm.journal.revert());

/** Calls from a contract: whether it succeeded, and the custom error or the answer. */
async function raw(how: number, { address, data }: { address: Hex; data: Hex }, value = 0n, gas = GAS_LIMIT) {
  const [ok, answer] = (await user.call('raw', [how, address, data, gas], { value })) as [boolean, Hex];
  return ok ? { ok, answer } : { ok, answer: user.errorOf(answer) };
}

/** Of everything that attestations write. */
async function root(): Promise<string> {
  await world.state.flush();
  const account = await world.state.getAccount(createAddressFromString(MODEL_ATTESTATION));
  return prefixedHex(account?.storageRoot ?? new Uint8Array(0));
}

const count = () => user.call('count');

describe('how precompiles may be called', () => {
  test('views by any call, with the same answer', async () => {
    for (const call of calls.filter(({ isWrite }) => !isWrite)) {
      const { error, data } = await world.call(call.address, call.data);
      expect([call.name, error]).toEqual([call.name, undefined]);
      for (const how of [CALL, STATICCALL, DELEGATECALL, CALLCODE]) {
        expect([call.name, how, await raw(how, call)]).toEqual([call.name, how, { ok: true, answer: data }]);
      }
    }
  });

  test('attest only by CALL: borrowed code would speak in the name of whoever called the borrower', async () => {
    const attest = calls.find(({ isWrite }) => isWrite) as KnownCall;
    const before = await count();
    expect(await raw(STATICCALL, attest)).toEqual({ ok: false, answer: 'StaticCall()' });
    expect(await raw(DELEGATECALL, attest)).toEqual({ ok: false, answer: 'DelegateCall()' });
    expect(await raw(CALLCODE, attest)).toEqual({ ok: false, answer: 'DelegateCall()' });
    expect(await count()).toBe(before);
    expect((await raw(CALL, attest)).ok).toBe(true);
  });

  test('attest not in a frame below a static one', async () => {
    const data = user.encode('attest', [`0x${'11'.repeat(32)}`, `0x${'00'.repeat(32)}`, 0, 0n, 0, 1]);
    const before = await root();
    expect(await raw(STATICCALL, { address: user.address, data })).toEqual({ ok: false, answer: 'StaticCall()' });
    const top = await world.call(user.address, data, { isStatic: true });
    expect(user.errorOf(top.data)).toBe('StaticCall()');
    expect(await root()).toBe(before);
  });

  test('without value: it would be lost', async () => {
    for (const call of calls) {
      expect(await raw(CALL, call, 5n)).toEqual({ ok: false, answer: 'ValueSent(5)' });
      expect(await raw(CALLCODE, call, 5n)).toEqual({ ok: false, answer: 'ValueSent(5)' });
      const { error, data } = await world.call(call.address, call.data, { value: 5n });
      expect([error, user.errorOf(data)]).toEqual(['revert', 'ValueSent(5)']);
    }
    // DELEGATECALL passes the value of the frame above on in name only.
    const view = calls.find(({ isWrite }) => !isWrite) as KnownCall;
    expect((await raw(DELEGATECALL, view, 5n)).ok).toBe(true);
    for (const { address } of calls) expect((await world.call(address, '0x')).error).toBe('revert');
  });

  test('a contract sees code there, so that solc’s check lets its call through', async () => {
    for (const call of calls) expect((await raw(CALL, call)).ok).toBe(true);
  });
});

describe('gas', () => {
  test('one less than needed fails with all of it gone and nothing done', async () => {
    for (const call of calls) {
      const before = await root();
      const short = await needed(call);
      expect([call.name, await root()]).toEqual([call.name, before]);
      const whole = await world.call(call.address, call.data, { gasLimit: short + 1n });
      expect([call.name, whole.error, whole.gasUsed]).toEqual([call.name, undefined, short + 1n]);
    }
  });

  /** The largest limit at which the call fails. */
  async function needed({ address, data, name }: KnownCall): Promise<bigint> {
    let [low, high] = [0n, GAS_LIMIT];
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      await world.evm.journal.checkpoint();
      const { error, gasUsed } = await world.call(address, data, { gasLimit: middle });
      await world.evm.journal.revert();
      if (error !== undefined) expect([name, error, gasUsed]).toEqual([name, 'out of gas', middle]);
      if (error === undefined) high = middle;
      else low = middle;
    }
    return low;
  }

  test('is charged for refused calls and for long calldata', async () => {
    for (const address of PRECOMPILES) {
      for (const bytes of [0, 3, 4, 36, 100_004]) {
        const words = BigInt(Math.ceil(Math.max(0, bytes - 4) / 32));
        const { error, gasUsed } = await world.call(address, prefixedHex(new Uint8Array(bytes)));
        expect([error, gasUsed]).toEqual(['revert', GAS.base + GAS.inputWord * words]);
      }
    }
  });
});

describe('garbage', () => {
  test('calldata of unknown functions, and none, are named', async () => {
    for (const address of PRECOMPILES) {
      const unknown = await world.call(address, '0xdeadbeef00');
      expect(user.errorOf(unknown.data)).toBe('UnknownFunction(0xdeadbeef)');
      expect(user.errorOf((await world.call(address, '0xdead')).data)).toBe('UnknownFunction(0x00000000)');
    }
  });

  test('calldata cut at any byte revert or answer, and never throw', async () => {
    for (const call of calls.filter(({ isWrite }) => !isWrite)) {
      const bytes = hexToBytes(call.data);
      // Every length of the heads, then a sample; the last word may be padding.
      for (let length = 4; length <= bytes.length - 32; length += length < 100 ? 1 : 29) {
        const { error, data } = await world.call(call.address, prefixedHex(bytes.subarray(0, length)));
        expect([call.name, length, error, user.errorOf(data)]).toEqual([
          call.name,
          length,
          'revert',
          expect.stringMatching(/^(MalformedCall|ReceiptMalformed|ProofMalformed)\(\)$/),
        ]);
      }
    }
  });

  test(`calldata changed at random (seed ${SEED}) revert or answer, and never throw`, async () => {
    const random = new SeededRandom(SEED);
    const extremes = [0n, 1n, 31n, 32n, 2n ** 24n, 2n ** 32n, 2n ** 53n, 2n ** 64n, 2n ** 255n, 2n ** 256n - 1n];
    for (let round = 0; round < 2000; round += 1) {
      const call = random.pick(calls);
      const bytes = hexToBytes(call.data);
      for (let changes = 1 + random.int(3); changes > 0; changes -= 1) {
        const words = Math.floor((bytes.length - 4) / 32);
        if (words === 0 || random.oneIn(3)) bytes[random.int(bytes.length)] = random.int(256);
        else {
          const at = 4 + 32 * random.int(words);
          const word = random.oneIn(2) ? random.pick(extremes) : random.big(2n ** 256n);
          bytes.set(hexToBytes(`0x${word.toString(16).padStart(64, '0')}`), at);
        }
      }
      const address = random.oneIn(10) ? random.pick(PRECOMPILES) : call.address;
      const { error, data, gasUsed } = await world.call(address, prefixedHex(bytes), { gasLimit: 1_000_000n });
      expect(gasUsed).toBeGreaterThanOrEqual(GAS.base);
      if (error === undefined) continue;
      expect([prefixedHex(bytes), error]).toEqual([prefixedHex(bytes), expect.stringMatching(/^(revert|out of gas)$/)]);
      // Every refusal is an error of the interface.
      if (error === 'revert') expect(user.errorOf(data)).toMatch(/^[A-Z]\w+\(.*\)$/);
    }
    expect(await user.call('isAttested', [`0x${'00'.repeat(32)}`])).toBeTypeOf('boolean');
  });
});
