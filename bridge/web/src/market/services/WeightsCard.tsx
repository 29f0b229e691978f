import type { ReactNode } from 'react';
import type { EpochView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Card } from '../../ui/Card.tsx';
import { AccountLink, ProviderLink } from '../Links.tsx';
import { percent } from '../numbers.ts';
import { SourceTag } from '../SourceTag.tsx';
import { type WeightCell, weightTable } from './weightTable.ts';

/** Who gave whom what weight, as a table that is darker where there is more; what was cut is marked. It scrolls within its box. */
export function WeightsCard({ view }: { readonly view: Wire<EpochView> }): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { epoch } = market;
  const { columns, rows, areColumnsCut, areRowsCut } = weightTable(view);
  if (rows.length === 0) {
    return (
      <Card title={epoch.weights}>
        <p className="empty">{epoch.noWeights}</p>
      </Card>
    );
  }
  const notes = [
    ...(areColumnsCut ? [fill(epoch.columnsMore, { n: columns.length })] : []),
    ...(areRowsCut ? [fill(epoch.rowsMore, { n: rows.length })] : []),
    ...(rows.some(({ judge }) => judge.more !== undefined) ? [epoch.listedMore] : []),
  ];
  return (
    <Card title={epoch.weights} aside={<SourceTag source="computed" />}>
      <p className="quiet">{epoch.weightsText}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section className="weights" tabIndex={0} aria-label={epoch.weightsCaption}>
        <table className="weights-table">
          <caption className="visually-hidden">{epoch.weightsCaption}</caption>
          <thead>
            <tr>
              <th scope="col">{epoch.judge}</th>
              {columns.map(({ account }) => (
                <th key={account} scope="col">
                  <ProviderLink owner={account} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ judge, cells }) => (
              <tr key={judge.account}>
                <th scope="row">
                  <AccountLink index={judge.account} />
                </th>
                {cells.map((cell, i) => (
                  <Cell key={columns[i]?.account} cell={cell} />
                ))}
              </tr>
            ))}
          </tbody>
          {view.state !== 'open' && (
            <tfoot>
              <tr>
                <th scope="row">{epoch.consensusRow}</th>
                {columns.map(({ account, consensus }) => (
                  <td key={account}>{percent(consensus, language)}</td>
                ))}
              </tr>
            </tfoot>
          )}
        </table>
      </section>
      {notes.map((note) => (
        <p key={note} className="quiet">
          {note}
        </p>
      ))}
    </Card>
  );
}

function Cell({ cell: { weight, clipped, heat } }: { readonly cell: WeightCell }): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  if (weight === 0) {
    return (
      <td>
        <span aria-hidden="true">·</span>
        <span className="visually-hidden">{market.epoch.noWeight}</span>
      </td>
    );
  }
  const cut = percent(clipped, language);
  return (
    <td className={`heat heat-${heat} ${clipped > 0 ? 'is-cut' : ''}`}>
      {percent(weight, language)}
      {clipped > 0 && (
        <span className="cut">
          <span aria-hidden="true">✂ {cut}</span>
          <span className="visually-hidden">{fill(market.epoch.cut, { share: cut })}</span>
        </span>
      )}
    </td>
  );
}
