import { decodeEventLog, type Log } from 'viem';
import type { Field } from '../../protocol/types.ts';
import { rollupAbi } from './abi.ts';
import { BridgeError } from './errors.ts';
import type { L1Position, RollupEvent } from './types.ts';
import { queueItemFromWords } from './units.ts';

/** Where a mined log stands. @throws BridgeError BAD_LOG for a pending one */
export function positionOf(log: Pick<Log, 'blockNumber' | 'blockHash' | 'transactionHash' | 'logIndex'>): L1Position {
  const { blockNumber, blockHash, transactionHash, logIndex } = log;
  if (blockNumber === null || blockHash === null || transactionHash === null || logIndex === null) {
    throw new BridgeError('BAD_LOG', { reason: 'pending' });
  }
  return { blockNumber, blockHash, transactionHash, logIndex };
}

/** Parses a log of the contract. @throws BridgeError BAD_LOG */
export function parseEvent(log: Log): RollupEvent {
  const l1 = positionOf(log);
  const event = decode(log);
  switch (event.eventName) {
    case 'Queued': {
      const { queueIndex, owner, l0, x, y, deadline } = event.args;
      return { type: 'queued', entry: { queueIndex, item: queueItemFromWords(l0, x, y, owner), deadline, l1 }, l1 };
    }
    case 'TokenRegistered':
      return { type: 'tokenRegistered', id: event.args.token, token: event.args.erc20, l1 };
    case 'BatchCommitted':
    case 'BatchProven': {
      const type = event.eventName === 'BatchProven' ? 'proven' : 'committed';
      // The contract lets only canonical roots pass.
      return { type, number: Number(event.args.number), newRoot: event.args.newRoot as Field, l1 };
    }
    case 'BatchesReverted':
      return { type: 'reverted', first: Number(event.args.first), last: Number(event.args.last), l1 };
    case 'Credited':
    case 'Withdrawn': {
      const { owner, token, amount } = event.args;
      return { type: event.eventName === 'Credited' ? 'credited' : 'withdrawn', owner, token, amount, l1 };
    }
    case 'SeatVacated':
      return { type: 'seatVacated', isForfeit: event.args.isForfeit, l1 };
    case 'RollupFrozen':
      return { type: 'frozen', number: Number(event.args.lastProven), root: event.args.root as Field, l1 };
    case 'Escaped':
      return { type: 'escaped', ...event.args, l1 };
    case 'Refunded':
      return { type: 'refunded', queueIndex: event.args.queueIndex, l1 };
  }
}

function decode(log: Log) {
  try {
    return decodeEventLog({ abi: rollupAbi, data: log.data, topics: log.topics, strict: true });
  } catch (cause) {
    throw new BridgeError('BAD_LOG', { topics: log.topics }, { cause });
  }
}
