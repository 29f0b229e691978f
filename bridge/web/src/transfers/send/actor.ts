import { type Address, isAddressEqual } from 'viem';
import type { LedgerAccount } from '../../../../../sdk/accounts/ledgerAccount.ts';
import { getAccount } from '../../../../../sdk/actions/reads.ts';
import { feeOf } from '../../../../../sdk/actions/send.ts';
import { withdraw } from '../../../../../sdk/actions/withdraw.ts';
import type { L1Wallet } from '../../../../../sdk/bridge/l1Wallet.ts';
import { domainOf } from '../../../../../sdk/chain.ts';
import { chainInfo } from '../../../../../sdk/chainInfo.ts';
import { LedgerRefusedError, MempoolRefusedError } from '../../../../../sdk/errors.ts';
import { checkProof } from '../../../../../sdk/lane/checkProof.ts';
import { getWithdrawalProof } from '../../../../../sdk/lane/laneReads.ts';
import type { LaneWallet } from '../../../../../sdk/lane/sendOnLane.ts';
import { laneWithdrawalCall } from '../../../../../sdk/lane/withdrawFromLane.ts';
import { type AnyClient, engramError } from '../../../../../sdk/request.ts';
import type { WebConfig } from '../../../../../sdk/webConfig.ts';
import { BridgeError } from '../../../../client/errors.ts';
import { evmLaneCalls } from '../../../../client/evmLaneCalls.ts';
import type { L1Call } from '../../../../client/types.ts';
import type { Recovery } from '../../recovery/types.ts';
import { checkAmount } from '../amounts.ts';
import type { ActOptions, Actor, Sent } from '../api.ts';
import type { L1Chain } from '../l1/l1Chain.ts';
import type { Tokens } from '../l1/tokens.ts';
import type { NodeView } from '../node/nodeView.ts';
import { TransferError } from '../trouble.ts';
import type { Intent, Token, Transfer } from '../types.ts';
import { checkAccount } from './accountCheck.ts';
import type { SendGuard } from './guard.ts';
import { type Intents, keyOf, newIntentId } from './intents.ts';
import { isContract } from './ownCode.ts';
import type { Draft, Sender } from './sender.ts';

export interface ActorDeps {
  readonly config: WebConfig;
  readonly l1: L1Chain;
  readonly node: NodeView | undefined;
  readonly recovery: Recovery | undefined;
  readonly tokens: Tokens;
  readonly intents: Intents;
  readonly guard: SendGuard;
  readonly sender: Sender;
  /** Looks what became of an address's intents; returns those that are left. */
  readonly settle: (owner: Address) => Promise<readonly Intent[]>;
  /** Seconds. */
  readonly now: () => number;
}

/** Base units, as the SDK's for fees that a node names: whoever takes them is who names them. */
const MAX_EXIT_FEE = 10n ** 15n;

type Act = Parameters<Actor['deposit']>[0];

/** See `Actor` (api.ts). */
export class WalletActor implements Actor {
  readonly owner: Address;
  readonly #wallet: L1Wallet;
  readonly #lane: LaneWallet | undefined;
  readonly #deps: ActorDeps;

  constructor(wallets: { wallet: L1Wallet; lane: LaneWallet | undefined }, deps: ActorDeps) {
    this.#wallet = wallets.wallet;
    this.#lane = wallets.lane;
    this.owner = wallets.wallet.account.address;
    this.#deps = deps;
  }

  async deposit({ token: id, amount, key, account, onProgress }: Act): Promise<Sent> {
    const draft = this.#draft('deposit', {
      token: id,
      amount: checkAmount(amount),
      ...(account !== undefined && { account }),
    });
    return this.#once(draft, async () => {
      const { l1, sender, config } = this.#deps;
      onProgress?.({ stage: 'checking' });
      const token = await this.#funded(id, amount);
      if (account !== undefined) await checkAccount(account, { owner: this.owner, key, token: id }, this.#deps);
      const { calls } = await l1.reader();
      const call =
        account === undefined
          ? calls.depositNew({ token: id, amount, key, owner: this.owner })
          : calls.depositTo({ index: account, token: id, amount });
      await this.#paysFee(call);
      if (id !== 0) await sender.approve(token, { ...this.#by(onProgress), spender: config.rollup, amount });
      return this.#send(call, draft, onProgress);
    });
  }

  async depositToLane({ token: id, amount, onProgress }: Pick<Act, 'token' | 'amount' | 'onProgress'>): Promise<Sent> {
    const draft = this.#draft('laneDeposit', { token: id, amount: checkAmount(amount), recipient: this.owner });
    return this.#once(draft, async () => {
      const { sender, config } = this.#deps;
      if (config.evmLane === undefined) throw new TransferError('NO_EVM_LANE');
      onProgress?.({ stage: 'checking' });
      // it would own the same address there as little as anybody
      const { l1 } = this.#deps;
      if (await l1.ask(() => isContract(l1.client, this.owner))) throw new TransferError('CONTRACT_WALLET');
      const token = await this.#funded(id, amount);
      const { calls } = await l1.lane();
      const people = { to: this.owner, refundTo: this.owner };
      if (id === 0) return this.#send(calls.depositEvm({ amount, ...people }), draft, onProgress);
      await sender.approve(token, { ...this.#by(onProgress), spender: config.evmLane, amount });
      return this.#send(calls.depositEvmToken({ token: id, amount, ...people }), draft, onProgress);
    });
  }

  async exit({ account, amount, ledgerKeySigner, fee, onProgress }: Parameters<Actor['exit']>[0]): Promise<Sent> {
    // the token is the account's: an account sends one exit at a time
    const draft = this.#draft('exit', { token: 0, amount: checkAmount(amount), account, recipient: this.owner });
    return this.#once(draft, async () => {
      onProgress?.({ stage: 'checking' });
      const client = this.#node().client;
      const [reader, found] = await Promise.all([this.#deps.l1.reader(), getAccount(client, account)]);
      const { domain } = await reader.parameters();
      if (domain !== domainOf(client.chain)) throw new TransferError('DEPLOYMENT_MISMATCH');
      const { token } = found;
      const paid = feeOf(await chainInfo(client), token, { fee });
      // the fee that the page showed is the node's word, too; of tokens with few decimals the amount is a bound that means something
      if (paid > MAX_EXIT_FEE || paid > amount) throw new TransferError('FEE_TOO_HIGH', { token, asked: paid });
      const need = amount + paid;
      if (need > found.balance) throw new TransferError('INSUFFICIENT_FUNDS', { token, need, have: found.balance });
      return this.#signedExit({ ...draft, token }, { signer: ledgerKeySigner, fee: paid, onProgress });
    });
  }

  async withdrawFromLane({
    token,
    amount,
    recipient = this.owner,
    onProgress,
  }: Parameters<Actor['withdrawFromLane']>[0]): Promise<Sent> {
    const draft = this.#draft('laneWithdrawal', { token, amount: checkAmount(amount), recipient });
    return this.#once(draft, async () => {
      const wallet = this.#lane;
      if (wallet === undefined) throw new TransferError('WALLET_UNSUPPORTED');
      if (!isAddressEqual(wallet.account.address, this.owner)) throw new TransferError('ACCOUNT_CHANGED');
      const { client } = this.#node();
      if (isAddressEqual(recipient, this.owner)) await this.#sameOnL1(client);
      return this.#deps.sender.onLane(laneWithdrawalCall({ token, amount, recipient }), {
        wallet,
        client,
        draft,
        onProgress,
      });
    });
  }

  async claim({ id }: Pick<Transfer, 'id'>, { onProgress }: ActOptions = {}): Promise<Sent> {
    const target = numberIn(id, ['laneWithdrawal']);
    const draft = this.#draft('claim', { token: 0, target });
    return this.#once(draft, async () => {
      const { config } = this.#deps;
      const [lane, reader] = await Promise.all([this.#deps.l1.lane(), this.#deps.l1.reader()]);
      const index = BigInt(target);
      // L1 itself says so, before the node is asked
      if (await lane.isClaimed(index)) throw new BridgeError('AlreadyClaimed', { args: [index] });
      const proof = await getWithdrawalProof(this.#node().client, index);
      const { leaf, root } = checkProof(proof, { index });
      if (!(await lane.isAttestedRoot(root))) throw new TransferError('NOT_ON_L1');
      const { queueFee } = await reader.parameters();
      const call = evmLaneCalls(config.evmLane ?? lane.address, { queueFee }).claim(leaf, proof.siblings);
      const { token, amount, recipient } = leaf;
      return this.#send(call, { ...draft, token, amount, recipient }, onProgress);
    });
  }

  async withdraw(token: number, { onProgress }: ActOptions = {}): Promise<Sent> {
    const draft = this.#draft('withdraw', { token });
    return this.#once(draft, async () => {
      const reader = await this.#deps.l1.reader();
      const amount = await reader.pendingWithdrawal(token, this.owner);
      if (amount === 0n) throw new BridgeError('NothingToWithdraw', { args: [this.owner, token] });
      return this.#send(reader.calls.withdraw(token, this.owner), { ...draft, amount }, onProgress);
    });
  }

  async refund({ id }: Pick<Transfer, 'id'>, { onProgress }: ActOptions = {}): Promise<Sent> {
    const target = numberIn(id, ['deposit', 'forcedExit']);
    const draft = this.#draft('refund', { token: 0, target });
    return this.#once(draft, async () => {
      const { l1 } = this.#deps;
      const { queued } = await l1.events.read(this.owner);
      const entry = queued.find(({ entry: { queueIndex } }) => queueIndex === BigInt(target))?.entry;
      if (entry === undefined) throw new TransferError('NOT_ACTIONABLE', { id });
      const token = entry.item.opcode === 3 ? 0 : entry.item.token;
      return this.#send((await l1.reader()).calls.refund(entry), { ...draft, token }, onProgress);
    });
  }

  async forcedExit({ account, onProgress }: Parameters<Actor['forcedExit']>[0]): Promise<Sent> {
    const draft = this.#draft('forcedExit', { token: 0, account, recipient: this.owner });
    return this.#once(draft, async () =>
      this.#send((await this.#deps.l1.reader()).calls.forcedExit(account), draft, onProgress),
    );
  }

  async freeze({ onProgress }: ActOptions = {}): Promise<Sent> {
    const draft = this.#draft('freeze', { token: 0 });
    return this.#once(draft, async () => this.#send((await this.#deps.l1.reader()).calls.freeze(), draft, onProgress));
  }

  async escape({ account, signal, onProgress }: Parameters<Actor['escape']>[0]): Promise<Sent> {
    const draft = this.#draft('escape', { token: 0, account, recipient: this.owner });
    return this.#once(draft, async () => {
      const { recovery, l1 } = this.#deps;
      if (recovery === undefined) throw new TransferError('NO_RECOVERY');
      const reader = await l1.reader();
      if (await reader.isEscaped(account)) throw new BridgeError('AlreadyEscaped', { args: [account] });
      const { leaf, controller } = await recovery.prove(account, {
        onProgress: (proving) => onProgress?.({ stage: 'proving', proving }),
        ...(signal !== undefined && { signal }),
      });
      return this.#send(reader.calls.escape(leaf.leaf, leaf.proof, controller), draft, onProgress);
    });
  }

  #draft(kind: Intent['kind'], rest: Omit<Draft, 'kind' | 'owner'>): Draft {
    return { kind, owner: this.owner, ...rest };
  }

  #by(onProgress: ActOptions['onProgress']) {
    return { wallet: this.#wallet, owner: this.owner, onProgress };
  }

  #node(): NodeView {
    if (this.#deps.node === undefined) throw new TransferError('NODE_UNAVAILABLE', { reason: 'NONE' });
    return this.#deps.node;
  }

  #send(call: L1Call, draft: Draft, onProgress: ActOptions['onProgress']): Promise<Sent> {
    return this.#deps.sender.onL1(call, { wallet: this.#wallet, draft, onProgress });
  }

  /** @throws TransferError ALREADY_SENDING while the same is under way, or may be */
  #once(draft: Draft, act: () => Promise<Sent>): Promise<Sent> {
    const { guard, intents, settle } = this.#deps;
    return guard.run(draft, async () => {
      const isSame = (intent: Intent): boolean => keyOf(intent) === keyOf(draft) && intent.trouble === undefined;
      if (intents.of(this.owner).some(isSame)) {
        const open = (await settle(this.owner)).find(isSame);
        if (open !== undefined) throw new TransferError('ALREADY_SENDING', { intent: open.id, state: open.state });
      }
      return act();
    });
  }

  /** @throws TransferError UNKNOWN_TOKEN, INSUFFICIENT_FUNDS */
  async #funded(id: number, amount: bigint): Promise<Token> {
    const token = (await this.#deps.tokens.all()).find((known) => known.id === id);
    if (token === undefined) throw new TransferError('UNKNOWN_TOKEN', { token: id });
    const have = await this.#deps.l1.balance(this.owner, token);
    if (have < amount) throw new TransferError('INSUFFICIENT_FUNDS', { token: id, need: amount, have });
    return token;
  }

  /** @throws TransferError CONTRACT_WALLET if the address is a contract of the EVM lane that L1 does not have */
  async #sameOnL1(lane: AnyClient): Promise<void> {
    const { l1 } = this.#deps;
    const isOnLane = await isContract(lane, this.owner).catch((error: unknown) => {
      throw engramError(error);
    });
    if (isOnLane && !(await l1.ask(() => isContract(l1.client, this.owner))))
      throw new TransferError('CONTRACT_WALLET');
  }

  /** What the call itself brings; with an ERC-20 it is looked at before the token is approved for nothing. */
  async #paysFee({ value }: L1Call): Promise<void> {
    const { l1 } = this.#deps;
    const have = await l1.ask(() => l1.client.getBalance({ address: this.owner }));
    if (have < value) throw new TransferError('INSUFFICIENT_FUNDS', { token: 0, need: value, have });
  }

  /** Signed once: the bytes are kept, and whatever becomes of the node's answer, none but these are sent. */
  async #signedExit(
    draft: Draft & { readonly token: number },
    { signer, fee, onProgress }: { signer: LedgerAccount; fee: bigint } & ActOptions,
  ): Promise<Sent> {
    const { intents, now } = this.#deps;
    const { client } = this.#node();
    let kept: Intent | undefined;
    const onSigned = ({ hash, raw }: { hash: `0x${string}`; raw: `0x${string}` }): void => {
      kept = { ...draft, id: newIntentId(), at: now(), chain: 'ledger', state: 'sent', hash, raw };
      intents.put(kept);
      onProgress?.({ stage: 'asking' });
    };
    const { account: from, amount = 0n } = draft;
    try {
      await withdraw(client, { account: signer, from, recipient: this.owner, amount, fee, onSigned });
    } catch (error) {
      if (kept === undefined) throw error;
      if (error instanceof LedgerRefusedError || error instanceof MempoolRefusedError) {
        intents.remove(kept.id);
        throw error;
      }
      // the node may have it, or gets it again when it is back
    }
    if (kept?.hash === undefined) throw new TransferError('NODE_UNAVAILABLE');
    onProgress?.({ stage: 'sent', hash: kept.hash });
    return { intent: kept.id, hash: kept.hash };
  }
}

/** The number in a transfer's id. @throws TransferError NOT_ACTIONABLE */
function numberIn(id: string, kinds: readonly string[]): string {
  const [kind, number, ...rest] = id.split(':');
  const isNumber = number !== undefined && /^[0-9]{1,20}$/.test(number) && rest.length === 0;
  if (kind === undefined || !kinds.includes(kind) || !isNumber) throw new TransferError('NOT_ACTIONABLE', { id });
  return number;
}
