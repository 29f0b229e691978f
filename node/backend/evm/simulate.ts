import { BlockHeader } from '@ethereumjs/block';
import type { EVMMockBlockchainInterface } from '@ethereumjs/evm';
import { createFeeMarket1559Tx, type TypedTransaction } from '@ethereumjs/tx';
import type { VM } from '@ethereumjs/vm';
import { checksumAddress } from 'viem';
import { addressOf } from '../../../chain/evm/address.ts';
import { bloomOf } from '../../../chain/evm/bloom.ts';
import type { EngramCommon } from '../../../chain/evm/common.ts';
import { bytesHex, hexBytes, keccakHex } from '../../../chain/evm/crypto.ts';
import { listRoot } from '../../../chain/evm/listRoot.ts';
import { encodeReceipt } from '../../../chain/evm/receipts.ts';
import type { EvmBlockRecord, EvmLog, EvmReceipt, EvmTx } from '../../../chain/evm/types.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { EthCode, EthRpcError, invalidParams } from '../../rpc/eth/ethError.ts';
import { blockJson } from '../../rpc/eth/format/blockJson.ts';
import { receiptJson } from '../../rpc/eth/format/receiptJson.ts';
import { quantity } from '../../rpc/eth/quantity.ts';
import {
  type BlockOverrides,
  type CallRequest,
  NO_BLOCK_OVERRIDES,
  type SimulatedBlock,
  type SimulateRequest,
} from '../../rpc/eth/request.ts';
import { type Applied, applyMessage, MessageError } from './applyMessage.ts';
import { blockContext, overrideState } from './callState.ts';
import type { EvmBlockContext } from './evmTypes.ts';
import { type Message, messageOf, smaller } from './message.ts';
import { TransferLogs } from './transferLogs.ts';
import { visibleHeader } from './visibleHeader.ts';

/** Blocks of one simulation, gaps included. */
const MAX_BLOCKS = 256;
const SECONDS_PER_BLOCK = 12n;
const MAX_NONCE = 2n ** 64n - 1n;
const ZERO_WORD = new Uint8Array(32);
const EMPTY_REQUESTS = hexBytes('0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

export interface SimulatePlace {
  readonly base: EvmBlockRecord;
  readonly common: EngramCommon;
  /** Of all calls together. */
  readonly gasCap: bigint;
}

interface Progress {
  readonly vm: VM;
  readonly request: SimulateRequest;
  readonly common: EngramCommon;
  readonly transfers: TransferLogs | undefined;
  gasLeft: bigint;
}

/**
 * Blocks of calls, each on what the one before left behind.
 * @throws EthRpcError with the codes −38010 … −38026 of eth_simulateV1
 */
export async function simulate(
  vm: VM,
  request: SimulateRequest,
  { base, common, gasCap }: SimulatePlace,
): Promise<readonly unknown[]> {
  if (request.blocks.length === 0) throw invalidParams('empty input');
  const transfers = request.traceTransfers ? new TransferLogs(vm) : undefined;
  const progress: Progress = { vm, request, common, transfers, gasLeft: gasCap };
  const answers: unknown[] = [];
  const hashes = new Map([[base.header.number, base.header.hash()]]);
  knowHashes(vm, hashes);
  let parent = base.header;
  for (const block of withGaps(request.blocks, parent)) {
    const { header, json } = await simulateBlock(block, parent, progress);
    hashes.set(header.number, header.hash());
    answers.push(json);
    parent = header;
  }
  return answers;
}

/** BLOCKHASH of simulated blocks; of others what the state remembers. */
function knowHashes(vm: VM, hashes: ReadonlyMap<bigint, Uint8Array>): void {
  // the interface hides the property
  const evm = vm.evm as unknown as { blockchain: EVMMockBlockchainInterface };
  const before = evm.blockchain;
  evm.blockchain = {
    ...before,
    getBlock: async (number) => {
      const hash = hashes.get(BigInt(number));
      return hash === undefined ? before.getBlock(number) : { hash: () => hash };
    },
  };
}

/** All blocks with their numbers and times, those that were only implied included. */
function withGaps(blocks: readonly SimulatedBlock[], base: BlockHeader): SimulatedBlock[] {
  const all: SimulatedBlock[] = [];
  let { number, timestamp } = base;
  for (const block of blocks) {
    const wanted = block.blockOverrides.number ?? number + 1n;
    if (wanted <= number) {
      throw new EthRpcError(EthCode.SIM_BLOCK_NUMBER, `block numbers must be in order: ${wanted} <= ${number}`);
    }
    if (wanted - base.number > BigInt(MAX_BLOCKS)) throw new EthRpcError(EthCode.SIM_CLIENT_LIMIT, 'too many blocks');
    for (number += 1n; number < wanted; number += 1n) {
      timestamp += SECONDS_PER_BLOCK;
      const blockOverrides = { ...NO_BLOCK_OVERRIDES, number, time: timestamp };
      all.push({ blockOverrides, stateOverrides: new Map(), calls: [] });
    }
    const time = block.blockOverrides.time ?? timestamp + SECONDS_PER_BLOCK;
    if (time <= timestamp) {
      const text = `block timestamps must be in order: ${time} <= ${timestamp}`;
      throw new EthRpcError(EthCode.SIM_BLOCK_TIMESTAMP, text);
    }
    timestamp = time;
    all.push({ ...block, blockOverrides: { ...block.blockOverrides, number, time } });
  }
  return all;
}

interface CallRun {
  readonly tx: EvmTx;
  readonly receipt: EvmReceipt;
  readonly applied: Applied;
}

async function simulateBlock(
  { blockOverrides, stateOverrides, calls }: SimulatedBlock,
  parent: BlockHeader,
  progress: Progress,
): Promise<{ header: BlockHeader; json: unknown }> {
  const { vm, request, common } = progress;
  await overrideState(vm, stateOverrides);
  const block = contextOf(blockOverrides, parent, request.validation);
  const runs: CallRun[] = [];
  let gasUsed = 0n;
  for (const call of calls) {
    const run = await simulateCall(call, { block, gasUsed, progress });
    gasUsed += run.applied.gasUsed;
    runs.push(run);
  }
  const receipts = runs.map(({ receipt }) => receipt);
  const txs = runs.map(({ tx }) => tx);
  const { header: context } = block;
  const header = new BlockHeader(
    {
      parentHash: parent.hash(),
      coinbase: context.coinbase,
      stateRoot: await vm.stateManager.getStateRoot(),
      transactionsTrie: listRoot(txs.map(({ raw }) => raw)),
      receiptTrie: listRoot(receipts.map(encodeReceipt)),
      logsBloom: hexBytes(bloomOf(receipts.flatMap(({ logs }) => logs))),
      number: context.number,
      gasLimit: context.gasLimit,
      gasUsed,
      timestamp: context.timestamp,
      mixHash: context.prevRandao,
      baseFeePerGas: context.baseFeePerGas ?? 0n,
      parentBeaconBlockRoot: ZERO_WORD,
      requestsHash: EMPTY_REQUESTS,
    },
    { common },
  );
  const hash = bytesHex(header.hash());
  const record: EvmBlockRecord = {
    header,
    hash,
    receipts,
    txs: txs.map(({ raw }) => raw),
    mirror: { leaves: [], claims: [] },
    messages: [],
    systemTxs: 0,
    inboxCount: 0n,
    outbox: { root: bytesHex(ZERO_WORD), count: 0n },
  };
  const json = blockJson(record, request.returnFullTransactions ? txs : undefined);
  return { header, json: { ...json, calls: runs.map((run, i) => callJson(run, record, i)) } };
}

function contextOf(overrides: BlockOverrides, parent: BlockHeader, validation: boolean): EvmBlockContext {
  const visible = visibleHeader(parent);
  const baseFeePerGas = validation ? parent.calcNextBaseFee() : 0n;
  return blockContext({ ...visible, baseFeePerGas, prevRandao: ZERO_WORD }, overrides, false);
}

async function simulateCall(
  call: CallRequest,
  { block, gasUsed, progress }: { block: EvmBlockContext; gasUsed: bigint; progress: Progress },
): Promise<CallRun> {
  const { vm, request, common, transfers } = progress;
  const blockLeft = block.header.gasLimit - gasUsed;
  if (call.gas !== undefined && call.gas > blockLeft) {
    const text = `block gas limit reached: ${gasUsed} + ${call.gas} > ${block.header.gasLimit}`;
    throw new EthRpcError(EthCode.SIM_BLOCK_GAS_LIMIT, text);
  }
  const gasCap = smaller(blockLeft, progress.gasLeft);
  const message = messageOf(call, { gasCap, baseFee: block.header.baseFeePerGas ?? 0n });
  const nonce = await checkNonce(vm, call, message, request.validation);
  if (request.validation && message.feeCap < (block.header.baseFeePerGas ?? 0n)) throw feeTooLow(message, block);
  transfers?.begin();
  const applied = await runCall(vm, block, message);
  progress.gasLeft -= applied.gasUsed;
  const logs = transfers === undefined || applied.failure !== undefined ? applied.logs : transfers.logs;
  const tx = unsignedTx(call, message, { nonce, common });
  return { tx, applied, receipt: receiptOf({ applied, logs, tx, cumulative: gasUsed, message }) };
}

function feeTooLow({ from, feeCap, gas }: Message, { header }: EvmBlockContext): Error {
  const text = `address ${checksumAddress(from)}, maxFeePerGas: ${feeCap}, baseFee: ${header.baseFeePerGas}`;
  return simulateError(
    new MessageError(EthCode.SIM_BASE_FEE_TOO_LOW, `max fee per gas less than block base fee: ${text}`, gas),
  );
}

function simulateError(error: MessageError): EthRpcError {
  return new EthRpcError(error.simulateCode, error.message);
}

async function runCall(vm: VM, block: EvmBlockContext, message: Message): Promise<Applied> {
  try {
    return await applyMessage(vm, block, message);
  } catch (error) {
    throw error instanceof MessageError ? simulateError(error) : error;
  }
}

/** The nonce of the call's transaction. */
async function checkNonce(vm: VM, call: CallRequest, message: Message, validation: boolean): Promise<bigint> {
  const next = (await vm.stateManager.getAccount(addressOf(message.from)))?.nonce ?? 0n;
  const nonce = call.nonce ?? next;
  const fail = (code: number, text: string): never => {
    throw simulateError(new MessageError(code, text, message.gas));
  };
  const address = checksumAddress(message.from);
  if (nonce >= MAX_NONCE && validation)
    fail(EthCode.INTERNAL, `nonce has max value: address ${address}, nonce: ${nonce}`);
  if (!validation || nonce === next) return nonce;
  const numbers = `address ${address}, tx: ${nonce} state: ${next}`;
  if (nonce < next) fail(EthCode.SIM_NONCE_TOO_LOW, `nonce too low: ${numbers}`);
  return fail(EthCode.SIM_NONCE_TOO_HIGH, `nonce too high: ${numbers}`);
}

function unsignedTx(
  call: CallRequest,
  message: Message,
  { nonce, common }: { nonce: bigint; common: EngramCommon },
): EvmTx {
  const tx: TypedTransaction = createFeeMarket1559Tx(
    {
      chainId: common.chainId(),
      nonce,
      maxFeePerGas: message.feeCap,
      maxPriorityFeePerGas: call.maxPriorityFeePerGas ?? call.gasPrice ?? 0n,
      gasLimit: message.gas,
      ...(message.to !== undefined && { to: addressOf(message.to) }),
      value: message.value,
      data: message.data,
      accessList: message.accessList.map(({ address, storageKeys }) => [hexBytes(address), storageKeys.map(hexBytes)]),
      v: 0n,
      r: 0n,
      s: 0n,
    },
    { common, allowUnlimitedInitCodeSize: true },
  );
  const raw = tx.serialize();
  return { hash: keccakHex(raw), sender: message.from, raw, tx };
}

function receiptOf({
  applied,
  logs,
  tx,
  cumulative,
  message,
}: {
  applied: Applied;
  logs: readonly EvmLog[];
  tx: EvmTx;
  cumulative: bigint;
  message: Message;
}): EvmReceipt {
  return {
    txHash: tx.hash,
    type: tx.tx.type,
    from: message.from,
    to: message.to,
    contractAddress: applied.created,
    status: applied.failure === undefined ? 1 : 0,
    gasUsed: applied.gasUsed,
    cumulativeGasUsed: cumulative + applied.gasUsed,
    effectiveGasPrice: message.gasPrice,
    logs,
    logsBloom: bloomOf(logs),
  };
}

function callJson({ applied }: CallRun, record: EvmBlockRecord, position: number): Record<string, unknown> {
  const { returnData, gasUsed, maxUsedGas, failure } = applied;
  return {
    returnData: bytesHex(returnData),
    logs: receiptJson(record, position)?.logs ?? [],
    gasUsed: quantity(gasUsed),
    maxUsedGas: quantity(maxUsedGas),
    status: failure === undefined ? '0x1' : '0x0',
    ...(failure !== undefined && { error: failureJson(failure.isRevert, failure.text, returnData) }),
  };
}

function failureJson(isRevert: boolean, text: string, data: Uint8Array): { code: number; message: string; data?: Hex } {
  return isRevert
    ? { code: EthCode.REVERTED, message: text, data: bytesHex(data) }
    : { code: EthCode.VM_ERROR, message: text };
}
