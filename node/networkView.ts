import type { Clock } from '../chain/clock.ts';
import type { Hex } from '../protocol/lane/types.ts';
import type { NetworkView } from '../sdk/networkTypes.ts';
import type { FollowStatus } from './sync/l1Follower.ts';
import type { PeerParts } from './sync/peerParts.ts';
import type { Leadership } from './validator/leadership.ts';
import type { ValidatorService } from './validator/validatorService.ts';

export interface NetworkViewDeps {
  readonly peers: PeerParts | undefined;
  readonly sync: () => FollowStatus;
  readonly leadership: Leadership;
  readonly validator: ValidatorService | undefined;
  /** The node's L1 account, if it attests with it. */
  readonly signer: Hex | undefined;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** What a node says of its place in the network. */
export function networkView({ peers, sync, leadership, validator, signer, clock }: NetworkViewDeps): NetworkView {
  const { invalidBatch, agreedBatch, committedBatch, isSynced, rollbacks, l1Reorgs, deepestReorg } = sync();
  const nowSeconds = Math.floor(clock.nowMs() / 1000);
  const proposer = leadership.proposerAt(nowSeconds);
  const { isOpen } = leadership;
  return {
    ...(peers !== undefined && { peerId: peers.network.peerId }),
    addresses: peers?.network.addresses ?? [],
    peers: peers?.network.peers() ?? [],
    sync: {
      ...{ isSynced, agreedBatch, committedBatch, rollbacks, l1Reorgs, deepestReorg },
      bestPeerHead: peers?.book.bestHead ?? 0n,
      ...(invalidBatch !== undefined && { invalidBatch }),
    },
    leader: {
      ...(proposer !== undefined && { proposer }),
      isOpen,
      isOurTurn: leadership.isOurTurn(nowSeconds),
    },
    ...(validator !== undefined && signer !== undefined && { validator: validatorView(validator, signer) }),
  };
}

function validatorView({ status }: ValidatorService, signer: Hex): NonNullable<NetworkView['validator']> {
  const { attestedBatch, lastSigned, mismatch } = status;
  return { signer, attestedBatch, lastSigned, ...(mismatch !== undefined && { mismatch }) };
}
