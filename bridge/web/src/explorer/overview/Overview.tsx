import type { ReactNode } from 'react';
import { useTexts } from '../../texts/index.tsx';
import { Boundary } from '../parts/Boundary.tsx';
import { HeadsCard } from './HeadsCard.tsx';
import { LatestBatches, LatestBlocks } from './Latest.tsx';
import { NetworkCard } from './NetworkCard.tsx';
import { StatsCard } from './StatsCard.tsx';

/** The chain at a glance. Each part asks for itself: what fails leaves the others. */
export function Overview(): ReactNode {
  const { common } = useTexts();
  return (
    <>
      <h1>{common.explorer}</h1>
      <Boundary>
        <HeadsCard />
      </Boundary>
      <Boundary>
        <StatsCard />
      </Boundary>
      <div className="grid">
        <Boundary>
          <LatestBlocks />
        </Boundary>
        <Boundary>
          <LatestBatches />
        </Boundary>
      </div>
      <Boundary>
        <NetworkCard />
      </Boundary>
    </>
  );
}
