/** What the engram_* JSON-RPC says about a node's place in the network; conventions as in rpcTypes.ts. */
import type { Hex } from '../protocol/lane/types.ts';

export interface PeerView {
  readonly id: string;
  readonly addresses: readonly string[];
  /** 0: nothing known for or against it. */
  readonly score: number;
  readonly direction: 'inbound' | 'outbound';
  /** Milliseconds since 1970. */
  readonly since: number;
}

export interface SyncView {
  /** Everything that L1 has committed is here. */
  readonly isSynced: boolean;
  /** The last batch on L1 that this node has, too. */
  readonly agreedBatch: number;
  readonly committedBatch: number;
  /** The longest chain a peer speaks of, whatever that is worth. */
  readonly bestPeerHead: bigint;
  /** A batch on L1 that breaks the ledger's rules. */
  readonly invalidBatch?: number;
  readonly rollbacks: number;
  readonly l1Reorgs: number;
  /** L1 blocks. */
  readonly deepestReorg: number;
}

export interface LeaderView {
  /** Who may propose blocks now; absent: nobody, or L1 could not be asked. */
  readonly proposer?: Hex;
  /** Anyone may submit a batch with its proof. */
  readonly isOpen: boolean;
  readonly isOurTurn: boolean;
}

export interface ValidatorView {
  readonly signer: Hex;
  readonly attestedBatch: number;
  /** The last batch this node signed. */
  readonly lastSigned: number;
  /** A proven batch whose outcome is not the one this node has. */
  readonly mismatch?: number;
}

export interface NetworkView {
  /** Absent: the node is by itself. */
  readonly peerId?: string;
  readonly addresses: readonly string[];
  readonly peers: readonly PeerView[];
  readonly sync: SyncView;
  readonly leader: LeaderView;
  readonly validator?: ValidatorView;
}

export interface NetworkMethods {
  engram_getNetwork: { params: readonly []; result: NetworkView };
}
