import { unpackChannel, unpackState } from '../../../protocol/account.ts';
import { type Field, Kind } from '../../../protocol/types.ts';
import { asWord, CallReverted, encodeWords } from './abi.ts';
import { kindOf } from './layout.ts';
import { indexOf, readAccount, readSettled, readState, readWord } from './leaves.ts';
import { type Call, precompile } from './precompile.ts';
import { verifyAnswer } from './verifyAnswer.ts';
import { verifyReceipt } from './verifyReceipt.ts';

async function account({ input, storage }: Call): Promise<Uint8Array> {
  const index = indexOf(input.uint(0, 32));
  const found = index === undefined ? undefined : await readAccount(storage, index);
  if (found === undefined) return encodeWords(Array.from({ length: 8 }, () => 0n));
  const { kind, token, nonce, balance, claimed, a, b, c } = found;
  return encodeWords([BigInt(kind), BigInt(token), BigInt(nonce), balance, claimed, a, b, c]);
}

async function exists({ input, storage }: Call): Promise<Uint8Array> {
  const index = indexOf(input.uint(0, 32));
  return encodeWords([asWord(index !== undefined && (await readState(storage, index)) !== 0n)]);
}

async function channel({ input, storage }: Call): Promise<Uint8Array> {
  const asked = input.uint(0, 32);
  const index = indexOf(asked);
  const state = index === undefined ? 0n : await readState(storage, index);
  if (index === undefined || kindOf(state) !== Kind.CHANNEL) throw new CallReverted('NotAChannel(uint32)', [asked]);
  const { token, balance, claimed } = unpackState(state);
  const { provider, payer, model, expiry } = unpackChannel(await readWord(storage, index, 'c'));
  return encodeWords([...[provider, payer, model, expiry, token].map(BigInt), balance, claimed]);
}

async function isSettled({ input, storage }: Call): Promise<Uint8Array> {
  const index = indexOf(input.uint(0, 32));
  const total = index === undefined ? undefined : await readSettled(storage, index, input.word(1) as Field); // a word that is not canonical was never settled
  return encodeWords([asWord(total !== undefined), total ?? 0n]);
}

/** ILedgerRead.sol: views of what the mirror wrote. */
export const ledgerReadPrecompile = precompile([
  { signature: 'account(uint32)', run: account },
  { signature: 'exists(uint32)', run: exists },
  { signature: 'channel(uint32)', run: channel },
  { signature: 'isSettled(uint32,uint256)', run: isSettled },
  { signature: 'verifyReceipt(bytes,bytes)', run: verifyReceipt },
  { signature: 'verifyAnswer(uint32,bytes)', run: verifyAnswer },
]);
