import { type KeyboardEvent, type ReactNode, useId, useLayoutEffect, useMemo, useRef } from 'react';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { KindIcon } from '../KindIcon.tsx';
import { counted, percent } from '../numbers.ts';
import { marketHref } from '../places.ts';
import { type Direction, layoutLineage, NODE_HEIGHT, NODE_WIDTH, neighbour, type PlacedNode } from './layoutLineage.ts';
import { type ArtefactNode, type FoldNode, UP } from './lineageTree.ts';
import { unfolded } from './unfolded.ts';

interface LineageGraphProps {
  readonly tree: ArtefactNode;
  readonly open: ReadonlySet<number>;
  /** The artefact that is looked at. */
  readonly current: number;
}

const ARROWS: readonly string[] = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'] satisfies Direction[];

/** The lineage drawn: every node a link, in reading order; arrow keys go along the edges. A wide one scrolls within its box. */
export function LineageGraph({ tree, open, current }: LineageGraphProps): ReactNode {
  const { market } = useTexts();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const layout = useMemo(() => layoutLineage(tree), [tree]);
  const { nodes, edges, width, height } = layout;
  const opened = [...open].at(-1);
  // the one that is looked at, or was unfolded last, is seen at once; after that the reader scrolls
  // biome-ignore lint/correctness/useExhaustiveDependencies: nodes change with every block
  useLayoutEffect(() => {
    const element = box.current;
    const wanted = opened === undefined || opened === UP ? current : opened;
    const own = nodes.find(({ node }) => node.type === 'artefact' && node.item.index === wanted);
    if (element === null || own === undefined) return;
    element.scrollLeft = own.x + NODE_WIDTH / 2 - element.clientWidth / 2;
    element.scrollTop = own.y + NODE_HEIGHT / 2 - element.clientHeight / 2;
    // the link that unfolded it is gone, and the focus with it
    if (opened !== undefined && document.activeElement === document.body)
      element.querySelector<SVGAElement>(`[data-node="${own.id}"]`)?.focus({ preventScroll: true });
  }, [current, opened]);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const from = event.target instanceof Element ? event.target.getAttribute('data-node') : null;
    if (from === null || event.altKey || event.ctrlKey || event.metaKey || !ARROWS.includes(event.key)) return;
    const to = neighbour(layout, from, event.key as Direction); // one of ARROWS
    if (to === undefined) return;
    event.preventDefault();
    box.current?.querySelector<SVGAElement>(`[data-node="${to}"]`)?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys are a plus; every node is a link of its own
    <div className="lineage" ref={box} onKeyDown={onKeyDown}>
      {/* biome-ignore lint/a11y/useSemanticElements: a group of links within a drawing */}
      <svg
        role="group"
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-text`}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
      >
        <title id={`${id}-title`}>{market.artefactPage.lineage}</title>
        <desc id={`${id}-text`}>{`${market.lineage.graph}. ${market.lineage.keys}`}</desc>
        {edges.map((edge) => (
          <path key={edge.id} className="lineage-edge" d={edge.path} />
        ))}
        {nodes.map((placed) =>
          placed.node.type === 'fold' ? (
            <Fold key={placed.id} placed={placed} node={placed.node} to={unfolded(current, open, placed.node.opens)} />
          ) : (
            <Artefact key={placed.id} placed={placed} node={placed.node} within={id} />
          ),
        )}
      </svg>
    </div>
  );
}

interface ArtefactProps {
  readonly placed: PlacedNode;
  readonly node: ArtefactNode;
  /** Id of the drawing. */
  readonly within: string;
}

function Artefact({ placed, node, within }: ArtefactProps): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { item, isCurrent } = node;
  const { id, x, y, width, height } = placed;
  const name = fill(market.artefact, { kind: market.kinds[item.kind], index: item.index });
  const owner = fill(market.account, { index: item.owner });
  const royalty = percent(item.royaltyBps / 10_000, language);
  // its name is what is seen, so that it can be asked for by voice
  const about = [
    ...(isCurrent ? [market.lineage.current] : []),
    item.parent === 0 ? market.lineage.original : fill(market.lineage.made, { parent: item.parent }),
    ...(item.royaltyBps > 0 ? [fill(market.lineage.royalty, { share: royalty })] : []),
  ].join(', ');
  return (
    <a
      className={`lineage-node ${isCurrent ? 'is-current' : ''}`}
      href={marketHref(['models', item.index])}
      data-node={id}
      aria-describedby={`${within}-${id}`}
      aria-current={isCurrent || undefined}
    >
      <desc id={`${within}-${id}`}>{about}</desc>
      <rect x={x} y={y} width={width} height={height} rx="10" />
      {isCurrent && <path className="lineage-mark" d={`M${x + 12} ${y + height}h${width - 24}`} />}
      <KindIcon kind={item.kind} x={x + 12} y={y + 11} />
      <text className="lineage-name" x={x + 34} y={y + 24}>
        {`${fitted(name, 16)} `}
      </text>
      <text className="lineage-text" x={x + 12} y={y + 46}>
        {`${fitted(owner, 16)} `}
      </text>
      {item.royaltyBps > 0 && (
        <text className="lineage-text" x={x + width - 12} y={y + 46} textAnchor="end">
          {royalty}
        </text>
      )}
    </a>
  );
}

interface FoldProps {
  readonly placed: PlacedNode;
  readonly node: FoldNode;
  readonly to: string;
}

function Fold({ placed: { id, x, y, width, height }, node: { opens, hidden }, to }: FoldProps): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const text = counted(hidden, market.counts.hidden, language);
  return (
    <a
      className="lineage-node lineage-fold"
      href={to}
      data-node={id}
      aria-label={fill(opens === UP ? market.lineage.above : market.lineage.below, { n: hidden })}
    >
      <rect x={x + 16} y={y} width={width - 32} height={height} rx={height / 2} />
      <text className="lineage-name" x={x + width / 2} y={y + height / 2 + 5} textAnchor="middle">
        {text}
      </text>
    </a>
  );
}

/** SVG does not wrap: what is too long for its box ends with an ellipsis. */
function fitted(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
