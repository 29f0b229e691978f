import { INBOX, TOKEN_FACTORY } from '../../protocol/lane/addresses.ts';
import type { DepositMessage, Hex, LedgerMessage, TokenMessage } from '../../protocol/lane/types.ts';
import { artifact } from '../compiler.ts';
import { genesisState, loadSpec } from '../spec.ts';
import { TestLane } from './lane.ts';
import { buildRecipients } from './recipients.ts';

export const ALICE: Hex = '0x00000000000000000000000000000000000a11ce';
export const BOB: Hex = '0x0000000000000000000000000000000000000b0b';
export const L1_SENDER: Hex = '0x0000000000000000000000000000000051111111';
export const ETHER = 10n ** 18n;

/** Where the contracts of testing/contracts stand in `newLane`. */
export const RECIPIENTS = {
  Witness: at(1),
  Wallet: at(2),
  GasBurner: at(3),
  ReturnBomb: at(4),
  RevertBomb: at(5),
  Thief: at(6),
  Latecomer: at(7),
  Forwarder: at(8),
} as const satisfies Record<string, Hex>;
/** Code `SELFDESTRUCT(Inbox)`. */
export const SELF_DESTRUCTOR = at(9);
/** Code `INVALID`. */
export const INVALID_CODE = at(10);
/** Plain accounts that have borrowed a predeploy's code (EIP-7702). */
export const DELEGATED_TO_INBOX = at(11);
export const DELEGATED_TO_FACTORY = at(12);

function at(number: number): Hex {
  return `0x${number.toString(16).padStart(40, '7')}`;
}

/** The devnet's genesis with the recipients in it. @param createEvm an EVM other than EthereumJS's own */
export async function newLane(createEvm?: Parameters<typeof TestLane.create>[1]): Promise<TestLane> {
  const [spec, recipients] = await Promise.all([loadSpec('devnet'), buildRecipients()]);
  const contracts = Object.entries(RECIPIENTS).map(([name, address]) => ({
    address,
    code: artifact(recipients, name).runtime,
  }));
  const raw = [
    { address: SELF_DESTRUCTOR, code: '0x73456e6772616d0000000000000000000000000010ff' as const },
    { address: INVALID_CODE, code: '0xfe' as const },
    { address: DELEGATED_TO_INBOX, code: `0xef0100${INBOX.slice(2)}` as const },
    { address: DELEGATED_TO_FACTORY, code: `0xef0100${TOKEN_FACTORY.slice(2)}` as const },
  ];
  const accounts = [...contracts, ...raw].map((each) => ({ ...each, balance: 0n, nonce: 1 }));
  return TestLane.create(await genesisState({ ...spec, accounts }), createEvm);
}

export function deposit(fields: Partial<DepositMessage> = {}): DepositMessage {
  return {
    kind: 'deposit',
    index: 0n,
    l1Timestamp: 1_800_000_000,
    sender: L1_SENDER,
    to: ALICE,
    token: 0,
    amount: ETHER,
    gasLimit: 1_000_000n,
    data: '0x',
    refundTo: BOB,
    ...fields,
  };
}

export function announcement(fields: Partial<TokenMessage> = {}): TokenMessage {
  return {
    kind: 'token',
    index: 0n,
    l1Timestamp: 1_800_000_000,
    token: 7,
    name: 'Compute',
    symbol: 'CMP',
    decimals: 6,
    ...fields,
  };
}

export function fromLedger(fields: Partial<LedgerMessage> = {}): LedgerMessage {
  return { kind: 'fromLedger', account: 12 as LedgerMessage['account'], to: ALICE, token: 0, amount: ETHER, ...fields };
}
