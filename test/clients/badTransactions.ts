/** Transactions that must be refused, each with the code and text a client of geth expects. */
import { RLP } from '@ethereumjs/rlp';
import {
  concat,
  type Hex,
  keccak256,
  parseGwei,
  parseSignature,
  serializeTransaction,
  type TransactionSerializable,
  toHex,
} from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';

export interface BadTransaction {
  readonly name: string;
  readonly raw: Hex;
  readonly code: number;
  readonly message: RegExp;
}

export interface BadOptions {
  readonly chainId: number;
  /** Has money; `nonce` is its next one, at least 1. */
  readonly account: PrivateKeyAccount;
  readonly nonce: number;
  /** Has none. */
  readonly poor: PrivateKeyAccount;
  readonly gasLimit: bigint;
}

const REFUSED = -32000;
const PARAMS = -32602;

export async function badTransactions(options: BadOptions): Promise<BadTransaction[]> {
  const { chainId, account, nonce, poor, gasLimit } = options;
  const to = account.address;
  const base = {
    type: 'eip1559',
    chainId,
    nonce,
    to,
    gas: 21_000n,
    maxFeePerGas: parseGwei('10'),
    maxPriorityFeePerGas: 1n,
  } as const;
  const sign = (changes: Partial<TransactionSerializable>, by = account): Promise<Hex> =>
    by.signTransaction({ ...base, ...changes } as TransactionSerializable); // the type decides what is looked at
  const good = await sign({});
  const refused = (name: string, raw: Hex, message: RegExp): BadTransaction => ({ name, raw, code: REFUSED, message });
  const bad: BadTransaction[] = [
    { name: 'no hex', raw: '0xzz', code: PARAMS, message: /invalid argument 0/ },
    { name: 'half a byte', raw: '0x2', code: PARAMS, message: /invalid argument 0/ },
    { name: 'no prefix', raw: 'ab' as Hex, code: PARAMS, message: /invalid argument 0/ },
    refused('nothing', '0x', /typed transaction too short/),
    refused('not RLP', '0x02f8', /rlp|too short/),
    refused('cut off', good.slice(0, -2) as Hex, /rlp/),
    refused('a byte behind it', concat([good, '0x00']), /rlp/),
    refused('an unknown type', concat(['0x05', toHex(RLP.encode([1, 2, 3]))]), /transaction type not supported/),
    refused('a list of nothing', '0x02c0', /rlp/),
    refused('a list of lists', concat(['0x02', toHex(RLP.encode(Array(12).fill([])))]), /rlp/),
    refused('lists in lists, deep', `0x02${'f9ffff'.repeat(2_000)}`, /rlp/),
    refused('another chain', await sign({ chainId: chainId + 1 }), /invalid chain id|invalid sender/),
    refused(
      'no chain id',
      await account.signTransaction({ type: 'legacy', nonce, to, gas: 21_000n, gasPrice: parseGwei('10') }),
      /only replay-protected \(EIP-155\)/,
    ),
    refused('no signature', unsigned({ ...base }, { r: '0x0', s: '0x0' }), /invalid (sender|transaction v, r, s)/),
    refused(
      's in the upper half',
      unsigned({ ...base }, { r: '0x1', s: toHex(2n ** 256n - 2n ** 128n) }),
      /invalid (sender|transaction v, r, s)/,
    ),
    refused('a used nonce', await sign({ nonce: nonce - 1 }), /^nonce too low: next nonce \d+, tx nonce \d+$/),
    refused('the last nonce', await sign({ nonce: Number.MAX_SAFE_INTEGER }), /nonce/),
    refused(
      'less gas than it takes',
      await sign({ gas: 20_999n }),
      /^intrinsic gas too low: gas 20999, minimum needed 21000$/,
    ),
    refused(
      'less gas than its data take',
      await sign({ gas: 21_100n, data: `0x${'ff'.repeat(100)}` }),
      /intrinsic gas too low|insufficient gas for floor data gas cost/,
    ),
    refused('more gas than a block has', await sign({ gas: gasLimit + 1n }), /^exceeds block gas limit$/),
    refused(
      'more gas than a transaction may use',
      await sign({ gas: 2n ** 24n + 1n }),
      /^transaction gas limit too high \(cap: 16777216, tx: 16777217\)$/,
    ),
    refused(
      'a tip above the fee',
      await handSigned(2, [chainId, nonce, 2, 1, 21_000, to, 0, '0x', []], account),
      /max priority fee per gas higher than max fee per gas/,
    ),
    refused(
      'more money than there is',
      await sign({ value: 10n ** 30n }),
      /^insufficient funds for gas \* price \+ value: balance \d+, tx cost \d+, overshot \d+$/,
    ),
    refused('no money at all', await sign({ nonce: 0 }, poor), /^insufficient funds for gas \* price \+ value/),
    refused('fees beyond 256 bits', overflowing(chainId, nonce, to), /insufficient funds|rlp|bit|very high/),
    refused(
      'too much init code',
      await sign({ to: undefined, data: `0x${'00'.repeat(49_153)}`, gas: 16_000_000n }),
      /^max initcode size exceeded: code size 49153, limit 49152$/,
    ),
    refused(
      'more than 128 KiB',
      await sign({ data: `0x${'11'.repeat(131_072)}`, gas: 16_000_000n }),
      /^oversized data: transaction size \d+, limit 131072$/,
    ),
    refused(
      'a set-code transaction without authorizations',
      await handSigned(4, [chainId, nonce, 1, 10n ** 10n, 100_000, to, 0, '0x', [], []], account),
      /at least one authorization tuple/,
    ),
    refused('a blob transaction', blob(chainId, nonce, to), /transaction type not supported|unsupported|blob/),
  ];
  return bad;
}

/** What a client's own checks would not let out. */
async function handSigned(
  type: number,
  fields: Parameters<typeof RLP.encode>[0][],
  account: PrivateKeyAccount,
): Promise<Hex> {
  const typed = (list: Parameters<typeof RLP.encode>[0][]): Hex =>
    concat([toHex(type, { size: 1 }), toHex(RLP.encode(list))]);
  const { r, s, yParity } = parseSignature(await account.sign({ hash: keccak256(typed(fields)) }));
  return typed([...fields, yParity, BigInt(r), BigInt(s)]);
}

function unsigned(transaction: object, { r, s }: { r: Hex; s: Hex }): Hex {
  return serializeTransaction(transaction as TransactionSerializable, { r, s, yParity: 0 });
}

/** viem would not write these down. */
function overflowing(chainId: number, nonce: number, to: Hex): Hex {
  const most = 2n ** 256n - 1n;
  const fields = [chainId, nonce, most, most, 21_000, to, most, '0x', [], 1, most >> 2n, most >> 2n];
  return concat(['0x02', toHex(RLP.encode(fields))]);
}

function blob(chainId: number, nonce: number, to: Hex): Hex {
  const versioned = `0x01${'ab'.repeat(31)}`;
  const fields = [
    chainId,
    nonce,
    1,
    10n ** 10n,
    21_000,
    to,
    0,
    '0x',
    [],
    10n ** 10n,
    [versioned],
    1,
    2n ** 200n,
    2n ** 200n,
  ];
  return concat(['0x03', toHex(RLP.encode(fields))]);
}
