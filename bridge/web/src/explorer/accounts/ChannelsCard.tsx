import { type ReactNode, useState } from 'react';
import type { ChannelFilter } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { Table } from '../../ui/Table.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { AccountLink } from '../parts/links.tsx';
import { links } from '../places.ts';
import { CHANNEL_TONES } from './ChannelCards.tsx';

const STEP = 10;
/** The node lists no more. */
const MOST = 1_000;

interface ChannelsCardProps {
  readonly title: string;
  readonly filter: Pick<ChannelFilter, 'payer' | 'provider' | 'model'>;
}

/** Channels that an account pays by, earns by, or earns royalties of. */
export function ChannelsCard({ title, filter }: ChannelsCardProps): ReactNode {
  const { explorer, common } = useTexts();
  const { columns, channel: texts } = explorer;
  const [limit, setLimit] = useState(STEP);
  const query = useNode('engram_getChannels', [{ ...filter, limit }]);
  const isPayer = filter.payer !== undefined;
  return (
    <Card title={title}>
      <Asked query={query} lines={4}>
        {(channels) => (
          <>
            <Table
              caption={title}
              rows={channels}
              rowKey={({ index }) => index}
              empty={explorer.lists.noChannels}
              columns={[
                { name: columns.channel, cell: ({ index }) => <a href={links.account(index)}>{index}</a> },
                {
                  name: isPayer ? columns.provider : columns.payer,
                  cell: ({ provider, payer }) => <AccountLink index={isPayer ? provider : payer} />,
                },
                {
                  name: columns.paid,
                  cell: ({ claimed, token }) => <TokenAmount value={claimed} token={token} />,
                  isNumber: true,
                },
                {
                  name: columns.status,
                  cell: ({ state }) => <Pill tone={CHANNEL_TONES[state]}>{texts.states[state]}</Pill>,
                },
              ]}
            />
            {channels.length >= limit && limit < MOST && (
              <div className="row">
                <Button onClick={() => setLimit(Math.min(MOST, limit * 4))}>{common.more}</Button>
              </div>
            )}
          </>
        )}
      </Asked>
    </Card>
  );
}
