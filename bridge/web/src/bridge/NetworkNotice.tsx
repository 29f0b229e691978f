import type { ReactNode } from 'react';
import { useDeployment } from '../app/context.ts';
import { l1Chain } from '../app/deployment.ts';
import { fill, useTexts } from '../texts/index.tsx';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { useBridge } from './BridgeContext.tsx';
import { switchTo } from './switchChain.ts';
import { TroubleNotice } from './TroubleNotice.tsx';
import { useAct } from './useAct.ts';

/** The wallet is elsewhere: says where, and asks it to come. */
export function NetworkNotice(): ReactNode {
  const words = useTexts().bridge.wallet;
  const { config } = useDeployment();
  const { wallet, isWrongNetwork } = useBridge();
  const act = useAct();
  if (wallet === undefined || !isWrongNetwork) return null;
  const { trouble, isBusy } = act.state;
  const values = { network: config.l1.name, expected: config.l1.chainId, found: wallet.chainId };
  return (
    <>
      <Notice
        tone="warning"
        title={words.wrong}
        actions={
          <Button
            variant="primary"
            isBusy={isBusy}
            onClick={() => void act.run(() => switchTo(wallet.provider, l1Chain(config)))}
          >
            {words.switchTo}
          </Button>
        }
      >
        {fill(words.wrongText, values)}
      </Notice>
      {trouble !== undefined && <TroubleNotice trouble={trouble} />}
    </>
  );
}
