import { type ReactNode, useState } from 'react';
import { useTexts } from '../../texts/index.tsx';
import { Button } from '../../ui/Button.tsx';
import { decodeLog, type Log } from '../evm/knownContracts.ts';
import { LongHex } from '../parts/LongHex.tsx';
import { AddressLink } from '../parts/links.tsx';
import { MoreThan } from '../parts/Quantity.tsx';
import { DecodedView } from './DecodedView.tsx';

interface LogsProps {
  readonly logs: readonly (Log & { readonly logIndex: number })[];
}

const STEP = 20;

export function Logs({ logs }: LogsProps): ReactNode {
  const { explorer, common } = useTexts();
  const [shown, setShown] = useState(STEP);
  if (logs.length === 0) return <p className="empty">{explorer.lists.noLogs}</p>;
  return (
    <>
      <ol className="logs">
        {logs.slice(0, shown).map((log) => {
          const decoded = decodeLog(log);
          return (
            <li key={log.logIndex}>
              <AddressLink address={log.address} />
              {decoded === undefined ? (
                <ul className="topics">
                  {log.topics.map((topic, i) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: two topics may be the same
                    <li key={i}>
                      <code>{topic}</code>
                    </li>
                  ))}
                </ul>
              ) : (
                <DecodedView decoded={decoded} />
              )}
              {log.data !== '0x' && <LongHex label={explorer.facts.data} value={log.data} />}
            </li>
          );
        })}
      </ol>
      <MoreThan shown={Math.min(shown, logs.length)} all={logs.length} />
      {shown < logs.length && (
        <div className="row">
          <Button onClick={() => setShown(shown + STEP)}>{common.more}</Button>
        </div>
      )}
    </>
  );
}
