/** What the page wants to send, kept from before the wallet is asked until the chain shows it. */
import type { Address, Hex } from 'viem';
import type { Intent, Trouble } from '../types.ts';

/** Kept where it can be; what cannot be kept is known to this page alone. */
export type IntentStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const VERSION = 1;
const MAX_KEPT = 200;
const MAX_TEXT = 200_000;
const KINDS: readonly Intent['kind'][] = [
  ...(['deposit', 'laneDeposit', 'exit', 'laneWithdrawal', 'forcedExit', 'escape'] as const),
  ...(['withdraw', 'claim', 'refund', 'freeze', 'approve'] as const),
];

/** One deployment's intents. Storage is read each time, since other tabs write it; what is in it is anybody's. */
export class Intents {
  readonly #storage: IntentStorage;
  readonly #name: string;
  /** Of this page: what storage refused, too. */
  readonly #own = new Map<string, Intent>();
  /** So that what storage does not let go of is gone here. */
  readonly #removed = new Set<string>();
  #isKept = true;

  constructor(storage: IntentStorage, deployment: { readonly l1ChainId: number; readonly rollup: Address }) {
    this.#storage = storage;
    this.#name = `engram.intents.${deployment.l1ChainId}.${deployment.rollup.toLowerCase()}`;
    const probe = `${this.#name}.probe`;
    try {
      storage.setItem(probe, probe);
      this.#isKept = storage.getItem(probe) === probe;
      storage.removeItem(probe);
    } catch {
      this.#isKept = false;
    }
  }

  /** Whether storage takes what it is given. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Oldest first. */
  of(owner: Address): Intent[] {
    return this.#all().filter((intent) => intent.owner.toLowerCase() === owner.toLowerCase());
  }

  get(id: string): Intent | undefined {
    return this.#all().find((intent) => intent.id === id);
  }

  put(intent: Intent): void {
    const others = this.#all().filter(({ id }) => id !== intent.id);
    this.#own.set(intent.id, intent);
    this.#write([...others, intent]);
  }

  remove(id: string): void {
    this.#own.delete(id);
    this.#removed.add(id);
    this.#write(this.#all().filter((intent) => intent.id !== id));
  }

  #all(): Intent[] {
    const stored = this.#read();
    if (stored === undefined) return [...this.#own.values()].sort(byTime);
    if (this.#isKept) {
      // another tab forgot it
      for (const id of this.#own.keys()) if (!stored.has(id)) this.#own.delete(id);
      return [...stored.values()].sort(byTime);
    }
    return [...new Map([...stored, ...this.#own]).values()].sort(byTime);
  }

  /** undefined: storage cannot be read. */
  #read(): Map<string, Intent> | undefined {
    let text: string | null;
    try {
      text = this.#storage.getItem(this.#name);
    } catch {
      this.#isKept = false;
      return undefined;
    }
    const intents = intentsIn(text).filter(({ id }) => !this.#removed.has(id));
    return new Map(intents.map((intent) => [intent.id, intent]));
  }

  #write(intents: readonly Intent[]): void {
    const text = JSON.stringify({ version: VERSION, intents: intents.slice(-MAX_KEPT).map(toJson) });
    try {
      this.#storage.setItem(this.#name, text);
      // some browsers take everything and keep nothing
      this.#isKept = this.#storage.getItem(this.#name) === text;
    } catch {
      this.#isKept = false;
    }
  }
}

/** What a text of the storage has of intents; what is not one is left out. Never throws. */
export function intentsIn(text: string | null): Intent[] {
  if (text === null || text.length > MAX_TEXT) return [];
  try {
    const { version, intents } = (JSON.parse(text) ?? {}) as { version?: unknown; intents?: unknown }; // checked
    if (version !== VERSION || !Array.isArray(intents)) return [];
    return intents.slice(-MAX_KEPT).flatMap((value: unknown) => fromJson(value) ?? []);
  } catch {
    return [];
  }
}

function toJson({ amount, ...rest }: Intent): object {
  const { trouble, ...plain } = rest;
  return {
    ...plain,
    ...(amount !== undefined && { amount: amount.toString() }),
    ...(trouble !== undefined && { trouble: { code: trouble.code } }),
  };
}

function fromJson(value: unknown): Intent | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = value as Readonly<Record<keyof Intent, unknown>>; // each is checked
  const { id, kind, owner, token, at, state, chain } = found;
  const knownKind = KINDS.find((name) => name === kind);
  const knownState = (['asking', 'sent', 'lost'] as const).find((name) => name === state);
  const knownChain = (['l1', 'ledger', 'lane'] as const).find((name) => name === chain);
  const isIntent =
    typeof id === 'string' && /^[0-9a-f]{32}$/.test(id) && isAddress(owner) && isCount(token) && isCount(at);
  if (!isIntent || knownKind === undefined || knownState === undefined || knownChain === undefined) return undefined;
  const { amount, account, recipient, hash, raw, nonce, target, trouble } = found;
  const reason = troubleOf(trouble);
  return {
    ...{ id, kind: knownKind, owner, token, at, state: knownState, chain: knownChain },
    ...(isDecimal(amount) && { amount: BigInt(amount) }),
    ...(isCount(account) && { account }),
    ...(isAddress(recipient) && { recipient }),
    ...(isHex(hash) && hash.length === 66 && { hash }),
    ...(isHex(raw) && { raw }),
    ...(isCount(nonce) && { nonce }),
    ...(isDecimal(target) && { target }),
    ...(reason !== undefined && { trouble: reason }),
  };
}

function troubleOf(value: unknown): Trouble | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { code } = value as { code?: unknown }; // checked
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? { code } : undefined;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0; // just asked
const isHex = (value: unknown): value is Hex => typeof value === 'string' && /^0x([0-9a-f]{2})+$/i.test(value);
const isAddress = (value: unknown): value is Address => isHex(value) && value.length === 42;
const isDecimal = (value: unknown): value is string => typeof value === 'string' && /^[0-9]{1,39}$/.test(value);

function byTime(a: Intent, b: Intent): number {
  return a.at - b.at;
}

/** 16 random bytes in hexadecimal. */
export function newIntentId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Two intents of one key may not be under way at once. */
export function keyOf({
  kind,
  owner,
  token,
  account,
  target,
}: Pick<Intent, 'kind' | 'owner' | 'token' | 'account' | 'target'>): string {
  // an account or a target has one token: it may not be known yet. Of deposits only the token counts: the first makes an account, and the
  // same click again would go there
  const isTo = account !== undefined && kind !== 'deposit';
  const what = isTo ? `account ${account}` : target !== undefined ? `target ${target}` : `token ${token}`;
  return `${kind} ${owner.toLowerCase()} ${what}`;
}
