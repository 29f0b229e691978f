import type { DeployOptions, RollupSettings } from '../../../bridge/deploy/deploy.ts';
import type { LocalL1 } from '../../../bridge/deploy/localL1.ts';
import type { SafeEmitter } from '../../../chain/emitter.ts';
import type { Progress } from '../../../circuits/build/progress.ts';
import type { ShapeName } from '../../../protocol/types.ts';
import type { DevDeployment } from '../deployment.ts';
import type { Funded, LedgerAccount } from '../funding.ts';
import type { NetworkNode } from './networkNode.ts';
import type { Program } from './program.ts';

type RegistrySettings = NonNullable<NonNullable<DeployOptions['registry']>['settings']>;

export type Flags = Readonly<Record<string, string | number | boolean>>;

/**
 * sequencer: holds the seat, builds blocks. validator: staked; attests, and takes over when the sequencer is silent or, if the seat
 * rotates, when it leads. follower: no key, no stake: serves its RPC.
 */
export type Role = 'sequencer' | 'validator' | 'follower';

export interface NetworkOptions {
  /** Processes of validators, all with the same stake from the start. */
  readonly validators: number;
  /** Processes that prove; 0 (default): the nodes that build prove by themselves. */
  readonly provers?: number;
  /** The seat is the registry's: validators lead in turns, and the node called `sequencer` only follows. */
  readonly rotate?: boolean;
  /** Kept between runs, L1 included; absent: a temporary folder that goes with `stop`. */
  readonly dataDir?: string | undefined;
  /** Batch circuits to deploy; default `small`, whose proofs take seconds. */
  readonly shapes?: readonly ShapeName[];
  /** Default: any free ones. */
  readonly rpcPort?: number;
  readonly l1Port?: number;
  /** Default 1 s. L1 has no other blocks, so that its clock is the real one. */
  readonly l1BlockSeconds?: number;
  readonly blockMs?: number;
  readonly batchMs?: number;
  readonly l1WaitMs?: number;
  /** Rules of the contracts, where they are not `NETWORK_SETTINGS`. */
  readonly settings?: Partial<RollupSettings>;
  readonly registrySettings?: RegistrySettings;
  /** Who gets ledger accounts. */
  readonly funded?: readonly Funded[];
  /** Ways between nodes, and from nodes to L1, go through cables that can be cut. */
  readonly cables?: boolean;
  /** A program that ends without being told to is started again. */
  readonly restart?: boolean;
  /** Settings besides the usual ones, or instead of them. */
  readonly flags?: Partial<Readonly<Record<Role, Flags>>>;
  readonly logLevel?: string;
  readonly cacheDir?: string | undefined;
  readonly l2ChainId?: bigint;
  readonly onProgress?: (circuit: string, progress: Progress) => void;
  /** What it is doing, for people. */
  readonly onStep?: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface AddedNode {
  readonly name: string;
  /** Peers it is told of; default all that run. None: it has to manage with L1. */
  readonly bootnodes?: readonly string[];
  /** Multiaddresses of others that it is told of, too. */
  readonly peers?: readonly string[];
  readonly flags?: Flags;
}

export interface DevNetwork {
  readonly l1: LocalL1;
  readonly deployment: DevDeployment;
  readonly dataDir: string;
  /** What `engram node --network` reads. */
  readonly networkFile: string;
  readonly accounts: readonly LedgerAccount[];
  /** In the order they were started. */
  readonly nodes: readonly NetworkNode[];
  readonly provers: readonly Program[];
  /** The seat is the registry's. */
  readonly rotates: boolean;
  readonly events: SafeEmitter<{ died: [{ readonly name: string; readonly how: string }] }>;
  /** @throws DevNetworkError UNKNOWN_NODE */
  node(name: string): NetworkNode;
  /** A follower on an empty folder; resolves once its RPC answers. */
  add(added: AddedNode): Promise<NetworkNode>;
  /** Nodes of different groups do not reach each other any more. @throws DevNetworkError NO_CABLES */
  partition(groups: readonly (readonly string[])[], how?: 'off' | 'silent'): void;
  /** A node does not reach L1 any more. @throws DevNetworkError NO_CABLES */
  cutL1(name: string): void;
  /** All ways are open again. */
  heal(): void;
  /** Nodes and provers, then L1. May be called twice. */
  stop(): Promise<void>;
}
