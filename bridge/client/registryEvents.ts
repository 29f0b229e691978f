import { decodeEventLog, type Log } from 'viem';
import { BridgeError } from './errors.ts';
import { positionOf } from './events.ts';
import { registryAbi } from './registryAbi.ts';
import type { Address, Hex, L1Position } from './types.ts';

type At = { readonly l1: L1Position };
type Of<Type extends string, Fields> = { readonly type: Type } & Readonly<Fields> & At;

/** Everything that `ValidatorRegistry` reports, in log order. Addresses in lower case, amounts in wei, epochs as numbers. */
export type RegistryEvent =
  | Of<'registered', { signer: Address; owner: Address; seat: number; stake: bigint; activeFrom: number }>
  | Of<'stakeAdded', { signer: Address; amount: bigint; activeFrom: number }>
  | Of<'unstaked', { signer: Address; stake: bigint; activeUntil: number; withdrawableAt: number }>
  | Of<'withdrawn', { owner: Address; amount: bigint }>
  | Of<'equivocated', { signer: Address; batch: number; first: Hex; second: Hex }>
  | Of<'slashed', { signer: Address; reporter: Address; stake: bigint; reward: bigint }>
  | Of<'funded', { from: Address; amount: bigint }>
  | Of<'budgetFixed', { epoch: number; amount: bigint }>
  | Of<'rewardClaimed', { signer: Address; epoch: number; amount: bigint }>;

/** Parses a log of the contract. @throws BridgeError BAD_LOG */
export function parseRegistryEvent(log: Log): RegistryEvent {
  const l1 = positionOf(log);
  const event = decode(log);
  switch (event.eventName) {
    case 'Registered': {
      const { signer, owner, seat, stake, activeFrom } = event.args;
      const people = { signer: lower(signer), owner: lower(owner) };
      return { type: 'registered', ...people, seat, stake, activeFrom: Number(activeFrom), l1 };
    }
    case 'StakeAdded': {
      const { signer, amount, activeFrom } = event.args;
      return { type: 'stakeAdded', signer: lower(signer), amount, activeFrom: Number(activeFrom), l1 };
    }
    case 'Unstaked': {
      const { signer, stake, activeUntil, withdrawableAt } = event.args;
      const times = { activeUntil: Number(activeUntil), withdrawableAt: Number(withdrawableAt) };
      return { type: 'unstaked', signer: lower(signer), stake, ...times, l1 };
    }
    case 'Withdrawn':
      return { type: 'withdrawn', owner: lower(event.args.owner), amount: event.args.amount, l1 };
    case 'Equivocated': {
      const { signer, batch, first, second } = event.args;
      return { type: 'equivocated', signer: lower(signer), batch: Number(batch), first, second, l1 };
    }
    case 'Slashed': {
      const { signer, reporter, stake, reward } = event.args;
      return { type: 'slashed', signer: lower(signer), reporter: lower(reporter), stake, reward, l1 };
    }
    case 'Funded':
      return { type: 'funded', from: lower(event.args.from), amount: event.args.amount, l1 };
    case 'BudgetFixed':
      return { type: 'budgetFixed', epoch: Number(event.args.epoch), amount: event.args.amount, l1 };
    case 'RewardClaimed': {
      const { signer, epoch, amount } = event.args;
      return { type: 'rewardClaimed', signer: lower(signer), epoch: Number(epoch), amount, l1 };
    }
    case 'EIP712DomainChanged': // the contract never emits it
      throw new BridgeError('BAD_LOG', { topics: log.topics });
  }
}

function decode(log: Log) {
  try {
    return decodeEventLog({ abi: registryAbi, data: log.data, topics: log.topics, strict: true });
  } catch (cause) {
    throw new BridgeError('BAD_LOG', { topics: log.topics }, { cause });
  }
}

function lower(address: Address): Address {
  return address.toLowerCase() as Address; // still an address
}
