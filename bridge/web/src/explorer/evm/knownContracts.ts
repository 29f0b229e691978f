/** What the protocol itself put on the EVM lane, and what calls and logs of it say. Pure. */
import { type Abi, decodeEventLog, decodeFunctionData, type Hex } from 'viem';
import { SYSTEM_SENDER } from '../../../../../protocol/lane/addresses.ts';
import {
  BABY_JUBJUB,
  BABY_JUBJUB_ABI,
  BRIDGED_TOKEN_ABI,
  DATA_ESCROW,
  DATA_ESCROW_ABI,
  INBOX,
  INBOX_ABI,
  LEDGER_READ,
  LEDGER_READ_ABI,
  MODEL_ATTESTATION,
  MODEL_ATTESTATION_ABI,
  ORACLE,
  ORACLE_ABI,
  OUTBOX,
  OUTBOX_ABI,
  POSEIDON,
  POSEIDON_ABI,
  TOKEN_FACTORY,
  TOKEN_FACTORY_ABI,
} from '../../../../../sdk/lane/contracts.ts';

const KNOWN = {
  [MODEL_ATTESTATION]: { name: 'modelAttestation', abi: MODEL_ATTESTATION_ABI },
  [POSEIDON]: { name: 'poseidon', abi: POSEIDON_ABI },
  [BABY_JUBJUB]: { name: 'babyJubjub', abi: BABY_JUBJUB_ABI },
  [LEDGER_READ]: { name: 'ledgerRead', abi: LEDGER_READ_ABI },
  [INBOX]: { name: 'inbox', abi: INBOX_ABI },
  [OUTBOX]: { name: 'outbox', abi: OUTBOX_ABI },
  [TOKEN_FACTORY]: { name: 'tokenFactory', abi: TOKEN_FACTORY_ABI },
  [DATA_ESCROW]: { name: 'dataEscrow', abi: DATA_ESCROW_ABI },
  [ORACLE]: { name: 'oracle', abi: ORACLE_ABI },
  [SYSTEM_SENDER]: { name: 'system', abi: [] },
} as const satisfies Readonly<Record<string, { readonly name: string; readonly abi: Abi }>>;

export type ContractName = (typeof KNOWN)[keyof typeof KNOWN]['name'];

function known(address: string): { readonly name: ContractName; readonly abi: Abi } | undefined {
  const key = address.toLowerCase();
  return Object.hasOwn(KNOWN, key) ? KNOWN[key as keyof typeof KNOWN] : undefined; // an own key
}

export function addressName(address: string): ContractName | undefined {
  return known(address)?.name;
}

export function isSystem(address: string): boolean {
  return address.toLowerCase() === SYSTEM_SENDER;
}

/** A call or a log in words of its contract's interface. */
export interface Decoded {
  readonly name: string;
  readonly args: readonly (readonly [name: string, value: string])[];
  /** The contract is the protocol's own; otherwise it only looks like an ERC-20's. */
  readonly isCertain: boolean;
}

export function decodeCall(to: string | null | undefined, input: Hex): Decoded | undefined {
  if (to === null || to === undefined || input.length < 10) return undefined;
  const contract = known(to);
  const abi = contract?.abi ?? BRIDGED_TOKEN_ABI;
  try {
    // which of the ABIs it is, is known at run time only, so viem's types name nothing
    const { functionName, args = [] } = decodeFunctionData({ abi, data: input }) as Call;
    const item = abi.find((entry) => entry.type === 'function' && entry.name === functionName);
    return { name: functionName, args: named(item, args), isCertain: contract !== undefined };
  } catch {
    return undefined; // of another function, or not well-formed
  }
}

interface Call {
  readonly functionName: string;
  readonly args?: readonly unknown[];
}

export interface Log {
  readonly address: string;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

export function decodeLog({ address, topics, data }: Log): Decoded | undefined {
  const contract = known(address);
  const abi = contract?.abi ?? BRIDGED_TOKEN_ABI;
  const [signature, ...rest] = topics;
  if (signature === undefined) return undefined;
  try {
    // as above
    const { eventName, args } = decodeEventLog({ abi, topics: [signature, ...rest], data }) as unknown as Event;
    const values = Object.entries(args ?? {}).map(([name, value]) => [name, valueText(value)] as const);
    return { name: eventName, args: values, isCertain: contract !== undefined };
  } catch {
    return undefined;
  }
}

interface Event {
  readonly eventName: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

function named(item: unknown, args: readonly unknown[]): Decoded['args'] {
  const { inputs = [] } = (item ?? {}) as { inputs?: readonly { readonly name?: string }[] }; // an entry of the ABI
  return args.map((value, i) => [inputs[i]?.name ?? String(i), valueText(value)] as const);
}

/** Enough to recognize it; the bytes themselves are shown beside it. */
const MAX_VALUE = 200;

function valueText(value: unknown): string {
  const text = JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? inner.toString() : inner)) ?? '';
  const plain = text.replace(/^"|"$/g, '');
  return plain.length > MAX_VALUE ? `${plain.slice(0, MAX_VALUE)}…` : plain;
}

/** What a transaction is for, where the protocol knows it. */
export type Purpose = 'withdrawal' | 'attestation' | 'message' | 'creation' | 'call' | 'transfer';

export function purposeOf(tx: {
  readonly from: string;
  readonly to?: string | null | undefined;
  readonly input: Hex;
}): Purpose {
  if (isSystem(tx.from)) return 'message';
  if (tx.to === null || tx.to === undefined) return 'creation';
  const call = decodeCall(tx.to, tx.input);
  if (tx.to.toLowerCase() === OUTBOX && call?.name.startsWith('withdraw')) return 'withdrawal';
  if (tx.to.toLowerCase() === MODEL_ATTESTATION && call?.name === 'attest') return 'attestation';
  return tx.input === '0x' ? 'transfer' : 'call';
}
