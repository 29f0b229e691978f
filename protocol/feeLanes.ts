import { ProtocolError } from './errors.ts';
import { NO_ACCOUNT } from './ids.ts';
import { credited } from './ops/balance.ts';
import { type Account, type AccountIndex, type FeeLanes, Kind } from './types.ts';

const LANES = 4;

/** The fee accounts of a batch and the fees collected so far. At most four lanes, at most one a token. */
export class FeeLaneSet {
  readonly #isDeclared: boolean;
  readonly #indices: AccountIndex[];
  readonly #tokens = new Set<number>();
  readonly #fees = new Map<number, bigint>();

  constructor(declared?: FeeLanes) {
    this.#isDeclared = declared !== undefined;
    this.#indices = declared === undefined ? [] : [...declared];
  }

  indices(): FeeLanes {
    const [a = NO_ACCOUNT, b = NO_ACCOUNT, c = NO_ACCOUNT, d = NO_ACCOUNT] = this.#indices;
    return [a, b, c, d];
  }

  has(index: AccountIndex): boolean {
    return index !== NO_ACCOUNT && this.#indices.includes(index);
  }

  /**
   * Whether a lane could be opened for this account; returns its token.
   * @throws ProtocolError FEE_ACCOUNT_INVALID (not a live KEY account, token has a lane already), BATCH_FULL (no lane left)
   */
  checkName(index: AccountIndex, account: Account | undefined): number {
    if (this.#isDeclared) throw new ProtocolError('INVALID_ARGUMENT', { feeAccount: index });
    const { token } = checkFeeAccount(index, account);
    if (this.#tokens.has(token))
      throw new ProtocolError('FEE_ACCOUNT_INVALID', { index, token, reason: 'second lane' });
    if (this.#indices.length >= LANES) {
      throw new ProtocolError('BATCH_FULL', { slots: 'feeLanes', wanted: 1, free: 0, capacity: LANES });
    }
    return token;
  }

  name(index: AccountIndex, token: number): void {
    this.#indices.push(index);
    this.#tokens.add(token);
  }

  /** Declared lanes are judged at the end: the header may name an account that the batch creates only later. */
  checkAccepts(token: number): void {
    if (!this.#isDeclared && !this.#tokens.has(token)) throw new ProtocolError('FEE_TOKEN_NOT_ACCEPTED', { token });
  }

  collect(token: number, fee: bigint): void {
    this.#fees.set(token, (this.#fees.get(token) ?? 0n) + fee);
  }

  /**
   * The fee accounts with their fees.
   * @throws ProtocolError FEE_ACCOUNT_INVALID, FEE_TOKEN_NOT_ACCEPTED (fees of a token without a lane), AMOUNT_OUT_OF_RANGE
   */
  credits(get: (index: AccountIndex) => Account | undefined): [AccountIndex, Account][] {
    const tokens = new Set<number>();
    const credits: [AccountIndex, Account][] = [];
    for (const index of this.#indices) {
      if (index === NO_ACCOUNT) continue;
      const account = checkFeeAccount(index, get(index));
      const { token } = account;
      if (tokens.has(token)) throw new ProtocolError('FEE_ACCOUNT_INVALID', { index, token, reason: 'second lane' });
      tokens.add(token);
      const fee = this.#fees.get(token);
      if (fee !== undefined) credits.push([index, credited(account, fee)]);
    }
    for (const token of this.#fees.keys()) {
      if (!tokens.has(token)) throw new ProtocolError('FEE_TOKEN_NOT_ACCEPTED', { token });
    }
    return credits;
  }
}

function checkFeeAccount(index: AccountIndex, account: Account | undefined): Account {
  if (account?.kind === Kind.KEY) return account;
  throw new ProtocolError('FEE_ACCOUNT_INVALID', { index, kind: account?.kind ?? Kind.EMPTY });
}
