import { Block } from '@ethereumjs/block';
import type { EVM } from '@ethereumjs/evm';
import { Address } from '@ethereumjs/util';
import { runTx, type VM } from '@ethereumjs/vm';
import { BEACON_ROOTS, BLOCK_HASHES } from '../../genesis/systemContracts.ts';
import { SYSTEM_SENDER } from '../../protocol/lane/addresses.ts';
import type { LaneMessage } from '../../protocol/lane/types.ts';
import { addressOf } from './address.ts';
import { BLOOM_BYTES, EMPTY_BLOOM, rawBloomOf } from './bloom.ts';
import type { EngramCommon } from './common.ts';
import { bytesHex, hexBytes } from './crypto.ts';
import { isStateError } from './errors.ts';
import { type MessageResult, runMessage } from './fast/messageRun.ts';
import { wordBytes } from './fast/words.ts';
import { effectiveGasPrice, effectiveTip, nextBaseFee } from './fees.ts';
import { type GasNeeded, gasNeeded } from './intrinsicGas.ts';
import { laneHeader } from './laneHeader.ts';
import { MAX_BALANCE, type Transfer, transferOf } from './plainTransfer.ts';
import { applyLedgerMirror } from './precompiles/ledgerMirror.ts';
import { createdBy, encodeRawReceipt, logOf } from './receipts.ts';
import { withSender } from './sender.ts';
import { hasCode, hasStorage, isEmptyAccount } from './state/accountRecord.ts';
import { EMPTY_ACCOUNT, type LaneState } from './state/laneState.ts';
import { textOf } from './state/stateStore.ts';
import { systemTx } from './systemTx.ts';
import { checkAgainst, checkStatic, EvmTxError } from './txRules.ts';
import type { EvmBlockInput, EvmReceipt, EvmTx } from './types.ts';

/** Entries of the ring buffers of EIP-4788 and EIP-2935. */
export const RING = 8191n;
const SYSTEM_SENDER_BYTES = hexBytes(SYSTEM_SENDER);
const SYSTEM_SENDER_KEY = textOf(SYSTEM_SENDER_BYTES);
const BEACON_ROOTS_ADDRESS = addressOf(BEACON_ROOTS.address);
const BLOCK_HASHES_ADDRESS = addressOf(BLOCK_HASHES.address);
const ZERO_HASH = new Uint8Array(32);

export interface BlockRunDeps {
  readonly common: EngramCommon;
  readonly vm: VM;
  readonly state: LaneState;
}

/** One block being executed on a state: the steps of docs/protocol.md section 8, in its caller's order. */
export class BlockRun {
  readonly block: Block;
  readonly baseFee: bigint;
  readonly coinbase: Address;
  readonly txs: EvmTx[] = [];
  readonly receipts: EvmReceipt[] = [];
  /** The receipts' EIP-2718 bytes. */
  readonly encodedReceipts: Uint8Array[] = [];
  readonly logsBloom = new Uint8Array(BLOOM_BYTES);
  gasUsed = 0n;
  /** Of the users' transactions. */
  #userGas = 0n;
  readonly #deps: BlockRunDeps;
  readonly #input: EvmBlockInput;

  constructor(input: EvmBlockInput, deps: BlockRunDeps) {
    const { parent } = input;
    this.#input = input;
    this.#deps = deps;
    this.baseFee = nextBaseFee(parent);
    this.coinbase = addressOf(input.beneficiary);
    const header = laneHeader(
      {
        parentHash: parent.hash(),
        coinbase: this.coinbase,
        stateRoot: ZERO_HASH,
        transactionsTrie: ZERO_HASH,
        receiptTrie: ZERO_HASH,
        logsBloom: new Uint8Array(256),
        number: parent.number + 1n,
        gasLimit: parent.gasLimit,
        gasUsed: 0n,
        timestamp: BigInt(input.timestamp),
        extraData: wordBytes(input.ledgerRoot),
        baseFeePerGas: this.baseFee,
        parentBeaconBlockRoot: hexBytes(input.ledgerHash),
      },
      deps.common,
    );
    this.block = new Block(header, [], [], undefined, { freeze: false });
  }

  /** What users' transactions may still use. */
  get gasLeft(): bigint {
    const left = this.block.header.gasLimit - this.gasUsed;
    return left > 0n ? left : 0n;
  }

  /** Steps 2 and 3: the system contracts and the mirror of the ledger. */
  async begin(): Promise<void> {
    const { state } = this.#deps;
    const { header } = this.block;
    if ((await state.getCodeSize(BEACON_ROOTS_ADDRESS)) > 0) {
      const at = header.timestamp % RING;
      await state.putStorage(BEACON_ROOTS_ADDRESS, wordBytes(at), wordBytes(header.timestamp));
      await state.putStorage(BEACON_ROOTS_ADDRESS, wordBytes(at + RING), hexBytes(this.#input.ledgerHash));
    }
    if ((await state.getCodeSize(BLOCK_HASHES_ADDRESS)) > 0) {
      await state.putStorage(BLOCK_HASHES_ADDRESS, wordBytes((header.number - 1n) % RING), header.parentHash);
    }
    await applyLedgerMirror(
      {
        getStorage: (address, slot) => state.getStorage(addressOf(address), slot),
        putStorage: (address, slot, value) => state.putStorage(addressOf(address), slot, value),
      },
      this.#input.mirror,
    );
  }

  /** Funds the system sender for a message's transaction. */
  async fundSystem(message: LaneMessage): Promise<ReturnType<typeof systemTx>> {
    const { state, common } = this.#deps;
    const sender = (await state.record(SYSTEM_SENDER_BYTES)) ?? EMPTY_ACCOUNT;
    const system = systemTx(message, { nonce: sender.nonce, baseFee: this.baseFee, common });
    state.setRecord(SYSTEM_SENDER_KEY, { ...sender, balance: system.funding });
    return system;
  }

  /** Step 4 for one message. */
  async runSystem(message: LaneMessage): Promise<void> {
    const { state } = this.#deps;
    const system = await this.fundSystem(message);
    if ((await this.#attempt(system, gasNeeded(system.tx))) !== undefined) {
      // No message may stop the chain: its transaction counts as one that used all its gas.
      const record = (await state.record(SYSTEM_SENDER_BYTES)) ?? EMPTY_ACCOUNT;
      state.setRecord(SYSTEM_SENDER_KEY, { ...record, nonce: record.nonce + 1n });
      this.#receipt(system, { status: 0, gasUsed: system.tx.gasLimit, logs: [] });
    }
    const sender = (await state.record(SYSTEM_SENDER_BYTES)) ?? EMPTY_ACCOUNT;
    state.setRecord(SYSTEM_SENDER_KEY, { ...sender, balance: 0n });
    const isFailed = this.receipts.at(-1)?.status === 0;
    if (isFailed && system.tx.value > 0n) await this.#credit(system.refundTo, system.tx.value);
  }

  /**
   * Step 5 for one transaction.
   * @throws EvmTxError if it is not valid here; then it changed nothing
   */
  async runUser(user: EvmTx): Promise<void> {
    const { state } = this.#deps;
    const { tx } = user;
    const needed = checkStatic(tx, user.sender, { gasLimit: this.block.header.gasLimit });
    const address = hexBytes(user.sender);
    const key = textOf(address);
    const record = state.peek(key) ?? (await state.record(address)) ?? EMPTY_ACCOUNT;
    const isPlain = !hasCode(record);
    checkAgainst(
      tx,
      { nonce: record.nonce, balance: record.balance, isContract: !isPlain && !(await this.#isDelegated(address)) },
      { baseFee: this.baseFee, gasLeft: this.gasLeft },
    );
    const before = this.gasUsed;
    const transfer = isPlain ? transferOf(tx, needed) : undefined;
    if (transfer === undefined || !(await this.#transfer(user, key, transfer))) {
      const failure = await this.#attempt(user, needed);
      if (failure !== undefined) throw new EvmTxError('EXECUTION_FAILED', {}, { cause: failure.cause });
    }
    this.#userGas += this.gasUsed - before;
  }

  /**
   * A transfer to an account without code runs nothing: what `runTx` does with it comes down to three balances and a nonce. The sender was
   * checked, so it cannot fail. False: the recipient is not of this kind, and nothing happened.
   */
  async #transfer(user: EvmTx, sender: string, { to, gasUsed, value }: Transfer): Promise<boolean> {
    const { state } = this.#deps;
    const recipient = textOf(to);
    const before = state.peek(recipient) ?? (await state.record(to)) ?? EMPTY_ACCOUNT;
    if (hasCode(before) || hasStorage(before) || before.balance + value > MAX_BALANCE) return false;
    const { coinbase, baseFee } = this;
    const beneficiary = textOf(coinbase.bytes);
    if (state.peek(beneficiary) === undefined) await state.record(coinbase.bytes);
    const tip = effectiveTip(user.tx, baseFee);
    // One after the other, as they may be the same account. All three were read: they are in memory.
    const from = state.peek(sender) ?? EMPTY_ACCOUNT;
    const cost = gasUsed * (baseFee + tip) + value;
    state.setRecord(sender, { ...from, nonce: from.nonce + 1n, balance: from.balance - cost });
    this.#touch(recipient, value);
    this.#touch(beneficiary, gasUsed * tip);
    this.#receipt(user, { status: 1, gasUsed, logs: [] });
    return true;
  }

  /** Adds to a balance; an account that stays empty is not there (EIP-161). */
  #touch(key: string, amount: bigint): void {
    const { state } = this.#deps;
    const record = state.peek(key) ?? EMPTY_ACCOUNT;
    const after = { ...record, balance: record.balance + amount };
    state.setRecord(key, isEmptyAccount(after) ? null : after);
  }

  async #isDelegated(address: Uint8Array): Promise<boolean> {
    return isDelegation(await this.#deps.state.getCode(new Address(address)));
  }

  /** Step 6. */
  async end(): Promise<void> {
    const fees = this.#userGas * this.baseFee;
    if (fees > 0n) await this.#credit(this.coinbase.bytes, fees);
  }

  async #credit(address: Uint8Array, amount: bigint): Promise<void> {
    const { state } = this.#deps;
    const record = (await state.record(address)) ?? EMPTY_ACCOUNT;
    state.setRecord(textOf(address), { ...record, balance: record.balance + amount });
  }

  /**
   * Runs a transaction and keeps what it did. An exception that is no EVM error leaves the machine in an unknown state: everything since
   * the transaction began is taken back, also what EthereumJS left open, and the cause is returned.
   * @throws EvmError of the store: whoever executes must stop
   */
  async #attempt(transaction: EvmTx, needed: GasNeeded): Promise<{ cause: unknown } | undefined> {
    const { vm, state } = this.#deps;
    const { depth } = state;
    state.begin();
    try {
      const { status, gasUsed, logs } = await this.#machine(transaction, needed);
      state.keep();
      this.#receipt(transaction, { status, gasUsed, logs });
      return undefined;
    } catch (cause) {
      state.undoTo(depth);
      state.originalStorageCache.clear();
      vm.evm.journal.cleanJournal();
      (vm.evm as EVM).transientStorage.clear(); // it is ours; its interface hides the property
      rethrowStateError(cause);
      return { cause };
    }
  }

  async #machine({ tx, sender }: EvmTx, needed: GasNeeded): Promise<MessageResult> {
    const { vm, state } = this.#deps;
    const { block, baseFee } = this;
    if (tx.type !== 4) {
      const tip = effectiveTip(tx, baseFee);
      const message = { tx, sender: addressOf(sender), block, needed, price: baseFee + tip, tip };
      return runMessage(message, { evm: vm.evm as EVM, state }); // as above
    }
    const { execResult, totalGasSpent } = await runTx(vm, {
      tx: withSender(tx, sender),
      block,
      skipHardForkValidation: true,
      skipBlockGasLimitValidation: true,
    });
    return {
      gasUsed: totalGasSpent,
      status: execResult.exceptionError === undefined ? 1 : 0,
      logs: execResult.logs ?? [],
    };
  }

  #receipt(transaction: EvmTx, outcome: MessageResult): void {
    const { tx, hash, sender } = transaction;
    this.txs.push({ hash, sender, raw: transaction.raw, tx });
    this.gasUsed += outcome.gasUsed;
    const bloom = rawBloomOf(outcome.logs);
    if (bloom !== undefined) {
      // both have 256 bytes
      for (let i = 0; i < BLOOM_BYTES; i++) this.logsBloom[i] = (this.logsBloom[i] as number) | (bloom[i] as number);
    }
    const { status, logs } = outcome;
    const { type } = tx;
    this.encodedReceipts.push(encodeRawReceipt({ type, status, cumulativeGasUsed: this.gasUsed, bloom, logs }));
    const to = tx.to === undefined ? undefined : bytesHex(tx.to.bytes);
    this.receipts.push({
      txHash: hash,
      type: tx.type,
      from: sender,
      to,
      contractAddress: to === undefined ? bytesHex(createdBy(hexBytes(sender), tx.nonce)) : undefined,
      status: outcome.status,
      gasUsed: outcome.gasUsed,
      cumulativeGasUsed: this.gasUsed,
      effectiveGasPrice: effectiveGasPrice(tx, this.baseFee),
      logs: logs.map(logOf),
      logsBloom: bloom === undefined ? EMPTY_BLOOM : bytesHex(bloom),
    });
  }
}

/** EIP-7702: code that only points to another account's. */
export function isDelegation(code: Uint8Array): boolean {
  return code.length === 23 && code[0] === 0xef && code[1] === 0x01 && code[2] === 0x00;
}

/** Handlers of precompiles wrap what they do not know. */
function rethrowStateError(cause: unknown): void {
  for (let error = cause; error instanceof Error; error = error.cause) if (isStateError(error)) throw error;
}
