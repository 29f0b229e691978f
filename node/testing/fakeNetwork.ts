import type { NetworkBackend } from '../rpc/backend.ts';

/** A node by itself, in step with L1. */
export const fakeNetwork: NetworkBackend = {
  view: () => ({
    addresses: [],
    peers: [],
    sync: {
      isSynced: true,
      agreedBatch: 2,
      committedBatch: 2,
      bestPeerHead: 0n,
      rollbacks: 0,
      l1Reorgs: 0,
      deepestReorg: 0,
    },
    leader: { isOpen: false, isOurTurn: true },
  }),
};
