import { readFile } from 'node:fs/promises';
import type { EVM, Log } from '@ethereumjs/evm';
import { MerkleStateManager } from '@ethereumjs/statemanager';
import { Account, createAddressFromString } from '@ethereumjs/util';
import {
  type Abi,
  decodeErrorResult,
  decodeFunctionResult,
  encodeDeployData,
  encodeFunctionData,
  hexToBytes,
} from 'viem';
import { artifact, type ContractArtifact, compile, readSources } from '../../../../genesis/compiler.ts';
import { prefixedHex } from '../../../../protocol/bytes.ts';
import { PRECOMPILES } from '../../../../protocol/lane/addresses.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { TEST_DOMAIN } from '../../../../protocol/testing/actors.ts';
import { EngramCommon } from '../../common.ts';
import { createEngramEvm } from '../../engramEvm.ts';
import type { LedgerMirror } from '../../types.ts';
import { applyLedgerMirror } from '../ledgerMirror.ts';
import type { ContractStorage } from '../storage.ts';

/** The caller of whatever a test calls. */
export const CALLER: Hex = '0xca11e40000000000000000000000000000000001';

export interface Outcome {
  /** Undefined: success. Otherwise the EVM's word for it. */
  readonly error: string | undefined;
  readonly data: Hex;
  readonly gasUsed: bigint;
  readonly logs: readonly Log[];
  readonly created: Hex | undefined;
}

export interface CallOptions {
  readonly from?: Hex;
  readonly value?: bigint;
  readonly gasLimit?: bigint;
  readonly isStatic?: boolean;
}

/** A state with the precompiles' accounts, and an EVM over it. */
export class World {
  readonly evm: EVM;
  readonly state: MerkleStateManager;
  readonly storage: ContractStorage;

  private constructor(evm: EVM, state: MerkleStateManager) {
    this.evm = evm;
    this.state = state;
    this.storage = storageOf(state);
  }

  /** @param hasAccounts whether the precompiles have the accounts that genesis gives them */
  static async create({ hasAccounts = true }: { hasAccounts?: boolean } = {}): Promise<World> {
    const common = new EngramCommon(7001n);
    const state = new MerkleStateManager({ common });
    const world = new World(await createEngramEvm({ common, stateManager: state, domain: TEST_DOMAIN }), state);
    await state.putAccount(createAddressFromString(CALLER), new Account(0n, 10n ** 24n));
    if (hasAccounts) {
      for (const address of PRECOMPILES.map(createAddressFromString)) {
        await state.putAccount(address, new Account(1n));
        await state.putCode(address, Uint8Array.of(0xfe));
      }
    }
    return world;
  }

  mirror(mirror: Partial<LedgerMirror>): Promise<void> {
    return applyLedgerMirror(this.storage, { leaves: [], claims: [], ...mirror });
  }

  async call(to: Hex | undefined, data: Hex, options: CallOptions = {}): Promise<Outcome> {
    const { from = CALLER, value = 0n, gasLimit = 20_000_000n, isStatic = false } = options;
    const { execResult, createdAddress } = await this.evm.runCall({
      caller: createAddressFromString(from),
      ...(to === undefined ? {} : { to: createAddressFromString(to) }),
      data: hexToBytes(data),
      value,
      gasLimit,
      isStatic,
    });
    return {
      error: execResult.exceptionError?.error,
      data: prefixedHex(execResult.returnValue),
      gasUsed: execResult.executionGasUsed,
      logs: execResult.logs ?? [],
      created: createdAddress?.toString(),
    };
  }
}

export function storageOf(state: MerkleStateManager): ContractStorage {
  return {
    getStorage: (address, slot) => state.getStorage(createAddressFromString(address), slot),
    putStorage: (address, slot, value) => state.putStorage(createAddressFromString(address), slot, value),
  };
}

/** A contract's functions by name; a revert is thrown as `Reverted` with its error decoded. */
export class Contract {
  readonly #world: World;
  readonly address: Hex;
  readonly abi: Abi;

  constructor(world: World, address: Hex, abi: Abi) {
    this.#world = world;
    this.address = address;
    this.abi = abi;
  }

  encode(functionName: string, args: readonly unknown[] = []): Hex {
    return encodeFunctionData({ abi: this.abi, functionName, args });
  }

  outcome(functionName: string, args: readonly unknown[] = [], options: CallOptions = {}): Promise<Outcome> {
    return this.#world.call(this.address, this.encode(functionName, args), options);
  }

  /** The function's result. @throws Reverted */
  async call(functionName: string, args: readonly unknown[] = [], options: CallOptions = {}): Promise<unknown> {
    const { error, data } = await this.outcome(functionName, args, options);
    if (error !== undefined) throw new Reverted(error, this.errorOf(data));
    return decodeFunctionResult({ abi: this.abi, functionName, data });
  }

  /** `Name(arguments)` of a custom error. */
  errorOf(data: Hex): string {
    if (data === '0x') return 'no data';
    const { errorName, args } = decodeErrorResult({ abi: this.abi, data });
    return `${errorName}(${(args ?? []).map(String).join(',')})`;
  }
}

/** How a call failed; `message` is the decoded custom error. */
export class Reverted extends Error {
  override readonly name = 'Reverted';
  readonly error: string;

  constructor(error: string, custom: string) {
    super(custom);
    this.error = error;
  }
}

let compiled: Promise<Record<string, ContractArtifact>> | undefined;

/** Interfaces and the contracts of this folder. */
export function testArtifacts(): Promise<Record<string, ContractArtifact>> {
  compiled ??= (async () => {
    const interfaces = await readSources(
      new URL('../../../../genesis/predeploys/interfaces', import.meta.url).pathname,
    );
    const user = await readFile(new URL('./PrecompileUser.sol', import.meta.url), 'utf8');
    return compile({ ...interfaces, 'PrecompileUser.sol': user });
  })();
  return compiled;
}

/** A precompile by the name of its interface. */
export async function precompileAt(world: World, name: string, address: Hex): Promise<Contract> {
  return new Contract(world, address, artifact(await testArtifacts(), name).abi);
}

/** Deploys a contract of PrecompileUser.sol; it knows the errors of all interfaces. */
export async function deploy(world: World, name: string, args: readonly unknown[] = []): Promise<Contract> {
  const artifacts = await testArtifacts();
  const { abi, bytecode } = artifact(artifacts, name);
  const { created, error } = await world.call(undefined, encodeDeployData({ abi, bytecode, args }));
  if (created === undefined || error !== undefined) throw new Reverted(error ?? 'no address', name);
  const errors = Object.keys(artifacts).flatMap((key) => (key.startsWith('I') ? (artifacts[key]?.abi ?? []) : []));
  return new Contract(world, created, [...abi, ...errors.filter(({ type }) => type === 'error')]);
}
