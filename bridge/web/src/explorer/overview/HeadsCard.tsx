import type { ReactNode } from 'react';
import { useNode } from '../../app/useNode.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { links } from '../places.ts';
import { L1_PACE_MS } from '../surety.ts';

/** How far the chain is, by how sure it is. */
export function HeadsCard(): ReactNode {
  const { explorer } = useTexts();
  const { heads: texts } = explorer;
  const info = useNode('engram_chainInfo', []);
  const lane = useNode('engram_getLane', [], { every: L1_PACE_MS });
  return (
    <Card title={texts.title}>
      <Asked query={info} lines={4}>
        {({ heads: { unsafe, committed, proven } }) => (
          <ol className="heads">
            <Head name={texts.unsafe} means={texts.unsafeMeans} link={links.block(unsafe.block)}>
              {fill(texts.block, { number: unsafe.block })}
            </Head>
            <Head name={texts.committed} means={texts.committedMeans} {...batchLink(committed.batch)}>
              {batchText(texts, committed.batch)}
            </Head>
            <Head name={texts.proven} means={texts.provenMeans} {...batchLink(proven.batch)}>
              {batchText(texts, proven.batch)}
            </Head>
            <Head
              name={texts.finalized}
              means={texts.finalizedMeans}
              {...(lane.data && { link: links.block(lane.data.heads.finalized) })}
            >
              {lane.data === undefined ? '–' : fill(texts.block, { number: lane.data.heads.finalized })}
            </Head>
          </ol>
        )}
      </Asked>
    </Card>
  );
}

/** Batches are counted from 1: 0 says that there is none yet. */
function batchLink(batch: number): { readonly link?: string } {
  return batch === 0 ? {} : { link: links.batch(batch) };
}

function batchText(texts: { readonly batch: string; readonly none: string }, number: number): string {
  return number === 0 ? texts.none : fill(texts.batch, { number });
}

interface HeadProps {
  readonly name: string;
  readonly means: string;
  readonly link?: string;
  readonly children: ReactNode;
}

function Head({ name, means, link, children }: HeadProps): ReactNode {
  return (
    <li>
      <span className="head-name">{name}</span>
      <span className="head-value">{link === undefined ? children : <a href={link}>{children}</a>}</span>
      <span className="quiet">{means}</span>
    </li>
  );
}
