import type { EVMError } from '@ethereumjs/evm';
import { bytesHex } from '../../../chain/evm/crypto.ts';
import type { CallFailure } from '../../rpc/eth/backend.ts';
import { quantity } from '../../rpc/eth/quantity.ts';
import type { RunState } from './evmTypes.ts';

/** go-ethereum's texts for EthereumJS's, where they differ. */
const TEXTS: Readonly<Record<string, string>> = {
  'code store out of gas': 'contract creation code storage out of gas',
  'code size to deposit exceeds maximum code size': 'max code size exceeded',
  'invalid JUMP': 'invalid jump destination',
  'static state change': 'write protection',
  'create collision': 'contract address collision',
  'value overflow': 'gas uint64 overflow',
  'insufficient balance': 'insufficient balance for transfer',
  'invalid bytecode deployed': 'invalid code: must not begin with 0xef',
  'initcode exceeds max initcode size': 'max initcode size exceeded',
  'value out of range': 'gas uint64 overflow',
};

const STACK_LIMIT = 1024;
const RETURN = 0xf3;
const RETURNDATACOPY = 0x3e;
const INVALID = 0xfe;

/** The state of the frame that failed; absent where no code ran. */
export type FailedFrame = Pick<RunState, 'opCode' | 'stack' | 'returnBytes'> & { readonly returnValue?: Uint8Array };

/**
 * Why the outermost frame failed, in go-ethereum's words. Without a frame of a machine that is watched closely the numbers of the
 * stack are not known.
 */
export function vmFailure(error: EVMError, frame: FailedFrame | undefined, returnData: Uint8Array): CallFailure {
  if (error.error === 'revert') return { isRevert: true, text: revertText(returnData) };
  return { isRevert: false, text: failureText(error.error, frame) };
}

/** Text of an EVM error, for frames of a trace as well. */
export function failureText(error: string, frame: FailedFrame | undefined): string {
  if (error === 'revert') return 'execution reverted';
  if (frame !== undefined) {
    const { opCode, stack } = frame;
    switch (error) {
      case 'invalid opcode':
        return `invalid opcode: ${opCode === INVALID ? 'INVALID' : `opcode ${quantity(opCode)} not defined`}`;
      case 'stack underflow':
        return `stack underflow (${stack.length} <=> ${stackItems(opCode)})`;
      case 'stack overflow':
        return `stack limit reached ${STACK_LIMIT} (${STACK_LIMIT - 1})`;
      case 'out of gas':
        if (opCode === RETURNDATACOPY && readsPastReturnData(frame)) return 'return data out of bounds';
        if (opCode === RETURN && frame.returnValue !== undefined) return TEXTS['code store out of gas'] ?? error;
    }
  }
  return TEXTS[error] ?? error;
}

function readsPastReturnData({ stack, returnBytes }: FailedFrame): boolean {
  const items = stack.getStack();
  const [offset, length] = [items.at(-2), items.at(-3)];
  return offset !== undefined && length !== undefined && offset + length > BigInt(returnBytes.length);
}

/** Items an opcode needs on the stack, by ranges of opcodes. */
export function stackItems(opcode: number): number {
  const low = opcode & 0x0f;
  switch (opcode >> 4) {
    case 0x0:
      if (opcode === 0) return 0;
      return opcode === 0x08 || opcode === 0x09 ? 3 : 2;
    case 0x1:
      return low === 5 || low === 9 ? 1 : 2;
    case 0x2:
      return 2;
    case 0x3:
      return [0, 1, 0, 0, 0, 1, 0, 3, 0, 3, 0, 1, 4, 0, 3, 1][low] ?? 0;
    case 0x4:
      return low === 0 || low === 9 ? 1 : 0;
    case 0x5:
      return [1, 1, 2, 2, 1, 2, 1, 2, 0, 0, 0, 0, 1, 2, 3, 0][low] ?? 0;
    case 0x8:
      return low + 1;
    case 0x9:
      return low + 2;
    case 0xa:
      return low + 2;
    case 0xf:
      return [3, 7, 7, 2, 6, 4, 0, 0, 0, 0, 6, 0, 0, 2, 0, 1][low] ?? 0;
    default:
      return 0;
  }
}

const ERROR_SELECTOR = '0x08c379a0';
const PANIC_SELECTOR = '0x4e487b71';

const PANICS: Readonly<Record<string, string>> = {
  '0x0': 'generic panic',
  '0x1': 'assert(false)',
  '0x11': 'arithmetic underflow or overflow',
  '0x12': 'division or modulo by zero',
  '0x21': 'enum overflow',
  '0x22': 'invalid encoded storage byte array accessed',
  '0x31': 'out-of-bounds array access; popping on an empty array',
  '0x32': 'out-of-bounds access of an array or bytesN',
  '0x41': 'out of memory',
  '0x51': 'uninitialized function',
};

export function revertText(returnData: Uint8Array): string {
  const reason = revertReason(returnData);
  return reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`;
}

/** What Solidity's Error(string) and Panic(uint256) say; undefined for other data. */
export function revertReason(returnData: Uint8Array): string | undefined {
  const selector = bytesHex(returnData.subarray(0, 4));
  const body = returnData.subarray(4);
  if (selector === PANIC_SELECTOR && body.length >= 32) {
    const code = quantity(BigInt(bytesHex(body.subarray(0, 32))));
    return PANICS[code] ?? `unknown panic code: ${code}`;
  }
  if (selector !== ERROR_SELECTOR || body.length < 64) return undefined;
  const offset = smallNumber(body.subarray(0, 32));
  if (offset === undefined || offset + 32 > body.length) return undefined;
  const length = smallNumber(body.subarray(offset, offset + 32));
  if (length === undefined || offset + 32 + length > body.length) return undefined;
  return Buffer.from(body.subarray(offset + 32, offset + 32 + length)).toString('utf8');
}

/** A word that is below 2^32. */
function smallNumber(word: Uint8Array): number | undefined {
  if (word.subarray(0, 28).some((byte) => byte !== 0)) return undefined;
  return Buffer.from(word).readUInt32BE(28);
}
