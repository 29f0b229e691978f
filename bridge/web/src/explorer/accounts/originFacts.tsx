import type { ReactNode } from 'react';
import type { Origin, Wire } from '../../../../../sdk/rpcTypes.ts';
import type { Texts } from '../../texts/index.tsx';
import { BlockLink, TransactionLink } from '../parts/links.tsx';
import { Moment } from '../parts/Moment.tsx';

/** Facts about where an account comes from; none where the node does not know. */
export function originFacts(
  facts: Texts['explorer']['facts'],
  origin: Wire<Origin> | undefined,
): readonly (readonly [string, ReactNode])[] {
  if (origin === undefined) return [];
  return [
    [facts.createdAt, <Moment key="time" at={origin.timestamp} />],
    [facts.createdBy, <TransactionLink key="transaction" hash={origin.transaction} />],
    [facts.createdIn, <BlockLink key="block" number={origin.block} />],
  ];
}
