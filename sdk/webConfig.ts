/** What the web page is told about its deployment: `config.json` next to it. Made by the node, or by `engram web build`. */
import type { Hex } from './rpcTypes.ts';

export interface WebConfig {
  readonly version: 1;
  readonly name: string;
  /** JSON-RPC of a node: an address, or a path of the page's own origin (`/`). Absent: the page goes by L1 alone. */
  readonly rpc?: string;
  readonly l1: {
    readonly chainId: number;
    readonly name: string;
    /** JSON-RPC of L1 that anybody may ask. Absent: the user's wallet is asked. */
    readonly rpc?: string;
    /** Of a block explorer, without a slash at its end. */
    readonly explorer?: string;
    /** L1 blocks on top before the node takes anything in. */
    readonly confirmations: number;
    /** Seconds between blocks, about. */
    readonly blockSeconds: number;
  };
  readonly l2: { readonly chainId: number };
  readonly rollup: Hex;
  /** L1 block: nothing earlier is read. */
  readonly deployedAt: number;
  readonly evmLane?: Hex;
  readonly attestations?: Hex;
  /** Seconds, about: how long a batch stays open, and how long its proof takes. What the page expects of a transfer follows from these. */
  readonly pace: { readonly batchSeconds: number; readonly proofSeconds: number };
  /** Where the circuit of account proofs is, for escapes; relative to the page. Absent: escapes are left to the command line. */
  readonly accountProof?: { readonly wasm: string; readonly zkey: string; readonly vkey: string };
}
