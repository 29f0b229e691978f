import type { ReactNode } from 'react';
import type { NetworkView, SyncView } from '../../../../../sdk/networkTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, type Texts, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { safeText } from '../../ui/safeText.ts';
import { Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { BatchLink } from '../parts/links.tsx';

/** Peers shown at once. */
const MAX_PEERS = 50;

/** The node this page asks, and its place among others. */
export function NetworkCard(): ReactNode {
  const { explorer } = useTexts();
  const { network } = explorer;
  const query = useNode('engram_getNetwork', []);
  return (
    <Card title={network.title}>
      <p className="quiet">{network.note}</p>
      <Asked query={query} lines={7}>
        {({ peerId, peers, sync, leader, validator }) => (
          <>
            <Facts
              facts={[
                [network.sync, <Sync key="sync" sync={sync} />],
                [
                  network.leader,
                  <span key="leader" className="row">
                    {leader.proposer === undefined ? network.nobody : <Hash value={safeText(leader.proposer)} />}
                    {leader.isOurTurn && <Pill tone="info">{network.ours}</Pill>}
                    {leader.isOpen && <Pill tone="warning">{network.open}</Pill>}
                  </span>,
                ],
                [network.peers, peerId === undefined ? network.alone : String(peers.length)],
                [network.peerId, peerId !== undefined && <Hash value={safeText(peerId, 100)} />],
                [network.validator, validator && <Validator validator={validator} />],
                [network.reorgs, sync.l1Reorgs > 0 && reorgText(network, sync)],
                [network.rollbacks, sync.rollbacks > 0 && String(sync.rollbacks)],
              ]}
            />
            {peers.length > 0 && (
              <details>
                <summary>{fill(network.peersShown, { count: peers.length })}</summary>
                <Table
                  caption={network.peers}
                  rows={peers.slice(0, MAX_PEERS)}
                  rowKey={({ id }) => id}
                  empty={network.alone}
                  columns={[
                    { name: network.peerId, cell: ({ id }) => <Hash value={safeText(id, 100)} /> },
                    {
                      name: network.direction,
                      cell: ({ direction }) => (direction === 'inbound' ? network.inbound : network.outbound),
                    },
                    { name: network.score, cell: ({ score }) => score, isNumber: true },
                    { name: network.since, cell: ({ since }) => <Time at={Math.floor(since / 1_000)} /> },
                  ]}
                />
              </details>
            )}
          </>
        )}
      </Asked>
    </Card>
  );
}

type NetworkTexts = Texts['explorer']['network'];

function reorgText(network: NetworkTexts, { l1Reorgs, deepestReorg }: Wire<SyncView>): string {
  return fill(network.reorgsText, { count: l1Reorgs, depth: deepestReorg });
}

function Sync({ sync }: { readonly sync: Wire<SyncView> }): ReactNode {
  const { network } = useTexts().explorer;
  if (sync.invalidBatch !== undefined) {
    return <Pill tone="danger">{fill(network.invalid, { batch: sync.invalidBatch })}</Pill>;
  }
  return (
    <span className="row">
      <Pill tone={sync.isSynced ? 'success' : 'warning'}>{sync.isSynced ? network.synced : network.behind}</Pill>
      <span className="quiet">
        {fill(network.agreed, { agreed: sync.agreedBatch, committed: sync.committedBatch })}
      </span>
    </span>
  );
}

function Validator({ validator }: { readonly validator: NonNullable<Wire<NetworkView>['validator']> }): ReactNode {
  const { network } = useTexts().explorer;
  return (
    <span className="row">
      <Hash value={safeText(validator.signer)} />
      <span className="quiet">
        {network.attested} <BatchLink number={validator.attestedBatch} />
      </span>
      {validator.mismatch !== undefined && (
        <Pill tone="danger">{fill(network.mismatch, { batch: validator.mismatch })}</Pill>
      )}
    </span>
  );
}
