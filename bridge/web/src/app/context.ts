import { createContext, useContext } from 'react';
import type { EngramChain } from '../../../../sdk/chain.ts';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import type { NodeClient } from './deployment.ts';

/** What every part of the page works with. */
export interface Deployment {
  readonly config: WebConfig;
  readonly chain: EngramChain;
  readonly node: NodeClient | undefined;
}

export const DeploymentContext = createContext<Deployment | undefined>(undefined);

/** Inside `Root` only. */
export function useDeployment(): Deployment {
  const deployment = useContext(DeploymentContext);
  if (deployment === undefined) throw new TypeError('outside of Root');
  return deployment;
}
