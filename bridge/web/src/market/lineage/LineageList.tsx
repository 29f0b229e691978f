import type { ReactNode } from 'react';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { AccountLink, ArtefactLink } from '../Links.tsx';
import { percent } from '../numbers.ts';
import { type LineageNode, UP } from './lineageTree.ts';
import { unfolded } from './unfolded.ts';

interface LineageListProps {
  readonly tree: LineageNode;
  readonly open: ReadonlySet<number>;
  readonly current: number;
}

/** The lineage as nested lists: the same nodes in the same order as in the graph. */
export function LineageList({ tree, open, current }: LineageListProps): ReactNode {
  return (
    <ul className="lineage-list">
      <Entry tree={tree} open={open} current={current} />
    </ul>
  );
}

function Entry({ tree, open, current }: LineageListProps): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  return (
    <li>
      {tree.type === 'fold' ? (
        <a href={unfolded(current, open, tree.opens)}>
          {fill(tree.opens === UP ? market.lineage.above : market.lineage.below, { n: tree.hidden })}
        </a>
      ) : (
        <>
          <ArtefactLink index={tree.item.index} kind={tree.item.kind} />
          {tree.isCurrent && <strong> ({market.lineage.current})</strong>}
          <span className="quiet"> · </span>
          <AccountLink index={tree.item.owner} />
          {tree.item.royaltyBps > 0 && (
            <span className="quiet">
              {' · '}
              {fill(market.lineage.royalty, { share: percent(tree.item.royaltyBps / 10_000, language) })}
            </span>
          )}
        </>
      )}
      {tree.children.length > 0 && (
        <ul>
          {tree.children.map((child) => (
            <Entry
              key={child.type === 'fold' ? `fold-${child.opens}` : child.item.index}
              {...{ tree: child, open, current }}
            />
          ))}
        </ul>
      )}
    </li>
  );
}
