import type { Common, StateManagerInterface } from '@ethereumjs/common';
import {
  EVM,
  EVMError,
  EVMMockBlockchain,
  type EVMMockBlockchainInterface,
  type EVMOpts,
  type EVMResult,
  type ExecResult,
  type Message,
  type PrecompileFunc,
} from '@ethereumjs/evm';
import { createAddressFromString } from '@ethereumjs/util';
import { bytesToBigint } from '../../protocol/bytes.ts';
import { BABY_JUBJUB, LEDGER_READ, MODEL_ATTESTATION, POSEIDON } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Field } from '../../protocol/types.ts';
import { isStateError } from './errors.ts';
import { babyJubjubPrecompile } from './precompiles/babyJubjub.ts';
import { FastBls, FastBn254 } from './precompiles/curves.ts';
import { PrecompileFault } from './precompiles/fault.ts';
import { ledgerReadPrecompile } from './precompiles/ledgerRead.ts';
import { modelAttestationPrecompile } from './precompiles/modelAttestation.ts';
import { poseidonPrecompile } from './precompiles/poseidon.ts';
import type { CallFrame, Precompile } from './precompiles/precompile.ts';
import type { ContractStorage } from './precompiles/storage.ts';

const PRECOMPILES: ReadonlyMap<string, Precompile> = new Map([
  [MODEL_ATTESTATION, modelAttestationPrecompile],
  [POSEIDON, poseidonPrecompile],
  [BABY_JUBJUB, babyJubjubPrecompile],
  [LEDGER_READ, ledgerReadPrecompile],
]);

const POINT_EVALUATION: Hex = '0x000000000000000000000000000000000000000a';

/** First byte of our precompiles' addresses: spares most calls the look-up. */
const FIRST_BYTE = 0x45;

/** A message that calls somebody. */
type CallMessage = Message & { to: NonNullable<Message['to']> };

/** Fails as an exceptional halt does: all gas of the call is gone. */
function halted(error: EVMError, gasLimit: bigint): ExecResult {
  return { executionGasUsed: gasLimit, returnValue: new Uint8Array(0), exceptionError: error };
}

/** There are no blobs on this chain and no trusted setup: no proof verifies, as every node finds without computing anything. */
const pointEvaluation: PrecompileFunc = ({ gasLimit }) =>
  halted(new EVMError(EVMError.errorMessages.INVALID_PROOF), gasLimit);

/** Registered so that our precompiles are warm from the start; `_executeCall` puts a handler that knows its frame in its place. */
const unframed: PrecompileFunc = ({ gasLimit }) =>
  halted(new EVMError(EVMError.errorMessages.INTERNAL_ERROR), gasLimit);

export interface EngramEvmOptions {
  readonly common: Common;
  readonly stateManager: StateManagerInterface;
  /** Of the deployment: receipts are signed for it. */
  readonly domain: Field;
  /** For BLOCKHASH; without it there are no earlier blocks. */
  readonly blockchain?: EVMMockBlockchainInterface;
}

/**
 * The EVM with Engram's precompiles. A precompile of EthereumJS is told neither caller nor value nor whether the frame is static, so each
 * call gets a handler made for its own message: the frame travels with the call, and nothing is left over when one ends.
 */
class EngramEvm extends EVM {
  readonly #domain: Field;
  readonly #storage: ContractStorage;

  constructor(options: EVMOpts, domain: Field) {
    super(options);
    this.#domain = domain;
    this.#storage = {
      getStorage: (address, slot) => this.stateManager.getStorage(createAddressFromString(address), slot),
      putStorage: (address, slot, value) => this.stateManager.putStorage(createAddressFromString(address), slot, value),
    };
  }

  protected override async _executeCall(message: CallMessage): Promise<EVMResult> {
    const { codeAddress } = message;
    if (codeAddress.bytes[0] === FIRST_BYTE && message.code === undefined) {
      const run = PRECOMPILES.get(codeAddress.toString());
      if (run !== undefined) {
        message.code = () => run(frameOf(message), { storage: this.#storage, domain: this.#domain });
        message.isCompiled = true;
      }
    }
    return super._executeCall(message);
  }

  /**
   * Ethereum's own precompiles compute on their input alone: an exception there means the same on every node, and must be an EVM error,
   * since anything else escapes `runTx` and leaves a checkpoint behind.
   */
  protected override async runPrecompile(
    code: PrecompileFunc,
    data: Uint8Array,
    gasLimit: bigint,
  ): Promise<ExecResult> {
    try {
      return await super.runPrecompile(code, data, gasLimit);
    } catch (error) {
      if (error instanceof PrecompileFault || isStateError(error)) throw error;
      return halted(new EVMError(EVMError.errorMessages.INTERNAL_ERROR), gasLimit);
    }
  }

  override shallowCopy(): EngramEvm {
    const common = this.common.copy();
    common.setHardfork(this.common.hardfork());
    const stateManager = this.stateManager.shallowCopy();
    // as the base class does: the interface hides the property
    Object.assign(stateManager, { common });
    return new EngramEvm({ ...this._optsCached, common, stateManager }, this.#domain);
  }
}

function frameOf(message: CallMessage): CallFrame {
  return {
    caller: bytesToBigint(message.caller.bytes),
    value: message.value,
    isStatic: message.isStatic,
    isDelegateCall: message.delegatecall,
    isBorrowed: !message.codeAddress.equals(message.to),
    data: message.data,
    gasLimit: message.gasLimit,
  };
}

/** The genesis state must give each precompile's account a nonce (docs/protocol.md section 7), or what it stores is lost. */
export async function createEngramEvm(options: EngramEvmOptions): Promise<EVM> {
  const { common, stateManager, domain, blockchain = new EVMMockBlockchain() } = options;
  const customPrecompiles = [
    { address: createAddressFromString(POINT_EVALUATION), function: pointEvaluation },
    ...[...PRECOMPILES.keys()].map((address) => ({
      address: createAddressFromString(address),
      function: unframed,
    })),
  ];
  const curves = { bn254: new FastBn254(), bls: new FastBls() };
  return new EngramEvm({ common, stateManager, blockchain, ...curves, customPrecompiles }, domain);
}
