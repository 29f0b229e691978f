import { MerkleStateManager } from '@ethereumjs/statemanager';
import { createTx } from '@ethereumjs/tx';
import { Account, createAddressFromPrivateKey, createAddressFromString } from '@ethereumjs/util';
import { createVM, runTx } from '@ethereumjs/vm';
import { concatHex, decodeFunctionResult, getAddress, hexToBytes } from 'viem';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bigintToBytes, prefixedHex } from '../../protocol/bytes.ts';
import { MODEL_ATTESTATION } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { createEngramEvm } from './engramEvm.ts';
import { EvmError } from './errors.ts';
import { digestOf } from './precompiles/testing/ledger.ts';
import { CALLER, type Contract, deploy, precompileAt, testArtifacts, World } from './precompiles/testing/world.ts';

const SECRET = bigintToBytes(0xe46n, 32);
const SENDER = createAddressFromPrivateKey(SECRET);
const POINT_EVALUATION: Hex = `0x${'0a'.padStart(40, '0')}`;
const NONE: Hex = `0x${'00'.repeat(32)}`;
const digest = digestOf('weights');
const ATTEST = [digest, NONE, 0, 0n, 0, 1] as const;

let world: World;
let attestations: Contract;

beforeAll(() => testArtifacts());

async function prepare(options?: { hasAccounts: boolean }): Promise<void> {
  world = await World.create(options);
  attestations = await precompileAt(world, 'IModelAttestation', MODEL_ATTESTATION);
}

beforeEach(() => prepare());

/** A whole transaction, as a block runs it. */
async function transact(to: Hex, data: Hex, gasLimit = 1_000_000n) {
  const nonce = (await world.state.getAccount(SENDER))?.nonce ?? 0n;
  const { common } = world.evm;
  const fees = { maxFeePerGas: 10n, maxPriorityFeePerGas: 0n, chainId: common.chainId() };
  const tx = createTx({ type: 2, to, data, nonce, gasLimit, ...fees }, { common }).sign(SECRET);
  const vm = await createVM({ common, evm: world.evm, stateManager: world.state });
  return runTx(vm, { tx, skipBalance: true, skipBlockGasLimitValidation: true });
}

describe('the frame of a call', () => {
  test('is that of the innermost caller, however deep', async () => {
    const [outer, inner] = [await deploy(world, 'PrecompileUser'), await deploy(world, 'PrecompileUser')];
    const data = inner.encode('attest', ATTEST);
    await outer.call('raw', [0, inner.address, data, 1_000_000n]);
    await outer.call('attest', ATTEST);
    await attestations.call('attest', ATTEST);
    const owners = await Promise.all([1n, 2n, 3n].map((index) => attestations.call('get', [1, index])));
    expect(owners).toMatchObject([inner.address, outer.address, CALLER].map((owner) => ({ owner: getAddress(owner) })));
  });

  test('of DELEGATECALL below DELEGATECALL is still a borrowed one', async () => {
    const [outer, inner] = [await deploy(world, 'PrecompileUser'), await deploy(world, 'PrecompileUser')];
    const attest = attestations.encode('attest', ATTEST);
    const borrowed = inner.encode('raw', [2, MODEL_ATTESTATION, attest, 1_000_000n]);
    const [ok, answer] = (await outer.call('raw', [2, inner.address, borrowed, 2_000_000n])) as [boolean, Hex];
    const nested = decodeFunctionResult({ abi: inner.abi, functionName: 'raw', data: answer }) as [boolean, Hex];
    expect([ok, nested[0], inner.errorOf(nested[1])]).toEqual([true, false, 'DelegateCall()']);
    expect(await attestations.call('count')).toBe(0n);
  });

  test('of an account that delegates to a precompile (EIP-7702) runs its code, which is invalid, not the precompile', async () => {
    const eoa: Hex = '0xe0a0000000000000000000000000000000000001';
    await world.state.putAccount(createAddressFromString(eoa), new Account(1n, 1n));
    await world.state.putCode(createAddressFromString(eoa), hexToBytes(concatHex(['0xef0100', MODEL_ATTESTATION])));
    const { error } = await world.call(eoa, attestations.encode('attest', ATTEST));
    expect(error).toBe('invalid opcode');
    expect(await attestations.call('count')).toBe(0n);
  });

  test('goes along into a copy of the EVM', async () => {
    await attestations.call('attest', ATTEST);
    await world.state.flush();
    const copy = world.evm.shallowCopy();
    const { execResult } = await copy.runCall({
      caller: createAddressFromString(CALLER),
      to: createAddressFromString(MODEL_ATTESTATION),
      data: hexToBytes(attestations.encode('count')),
    });
    expect(BigInt(prefixedHex(execResult.returnValue))).toBe(1n);
  });
});

describe('an attestation', () => {
  const count = async () => {
    await world.state.flush();
    const root = await world.state.getStateRoot();
    world.state.clearCaches();
    await world.state.setStateRoot(root);
    return BigInt((await world.call(MODEL_ATTESTATION, attestations.encode('count'))).data);
  };

  test('stays in the state after its transaction', async () => {
    await transact(MODEL_ATTESTATION, attestations.encode('attest', ATTEST));
    expect(await count()).toBe(1n);
  });

  test('would be lost if the precompile’s account were empty: genesis must have it', async () => {
    await prepare({ hasAccounts: false });
    const { execResult } = await transact(MODEL_ATTESTATION, attestations.encode('attest', ATTEST));
    expect(execResult.exceptionError).toBeUndefined();
    expect(await count()).toBe(0n);
  });

  test('is in the receipt’s logs, and not if the transaction fails', async () => {
    const good = await transact(MODEL_ATTESTATION, attestations.encode('attest', ATTEST));
    expect(good.receipt.logs.length).toBe(1);
    const user = await deploy(world, 'PrecompileUser');
    const bad = await transact(user.address, user.encode('attestThenRevert', [digest]));
    expect([bad.execResult.exceptionError?.error, bad.receipt.logs.length]).toEqual(['revert', 0]);
  });
});

describe('what is no EVM error', () => {
  test('does not come from the point evaluation of EIP-4844: it fails and takes its gas, and the chain goes on', async () => {
    for (const data of ['0x', `0x${'11'.repeat(192)}`] as const) {
      const { execResult, totalGasSpent } = await transact(POINT_EVALUATION, data, 200_000n);
      expect([execResult.exceptionError?.error, totalGasSpent]).toEqual(['kzg proof invalid', 200_000n]);
    }
    expect((await world.state.getAccount(SENDER))?.nonce).toBe(2n);
    await transact(MODEL_ATTESTATION, attestations.encode('attest', ATTEST));
    expect(await attestations.call('count')).toBe(1n);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17])(
    'does not come from Ethereum’s precompile %i, whatever it is given',
    async (n) => {
      const address: Hex = `0x${n.toString(16).padStart(40, '0')}`;
      for (const length of [0, 1, 31, 32, 64, 96, 128, 160, 192, 213, 256, 288, 384, 512]) {
        for (const fill of [0, 1, 255]) {
          const { error } = await world.call(address, prefixedHex(new Uint8Array(length).fill(fill)), {
            gasLimit: 300_000n,
          });
          expect(error).not.toBe('internal error');
        }
      }
    },
  );

  test('is an error of the database: it goes through as such and is not mistaken for a failed call', async () => {
    const state = new MerkleStateManager({ common: world.evm.common });
    const broken = Object.assign(state, {
      getStorage: () => Promise.reject(new RangeError('disk')),
      putStorage: () => Promise.reject(new RangeError('disk')),
    });
    const evm = await createEngramEvm({ common: world.evm.common, stateManager: broken, domain: TEST_DOMAIN });
    const call = evm.runCall({
      to: createAddressFromString(MODEL_ATTESTATION),
      data: hexToBytes(attestations.encode('count')),
    });
    const error = await call.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EvmError);
    expect(error).toMatchObject({ code: 'STATE_UNAVAILABLE', cause: new RangeError('disk') });
  });

  test('of the state keeps its code', async () => {
    const missing = new EvmError('STATE_MISSING');
    const state = new MerkleStateManager({ common: world.evm.common });
    const broken = Object.assign(state, { getStorage: () => Promise.reject(missing) });
    const evm = await createEngramEvm({ common: world.evm.common, stateManager: broken, domain: TEST_DOMAIN });
    const data = hexToBytes(attestations.encode('count'));
    await expect(evm.runCall({ to: createAddressFromString(MODEL_ATTESTATION), data })).rejects.toBe(missing);
  });
});
