import { z } from 'zod';
import { address, amountsByToken, httpUrl, integer, list, text, toggle } from './fields.ts';

interface Option<T> {
  readonly schema: z.ZodType<T>;
  /** As it would be written in a file; undefined: no default. */
  readonly fallback: unknown;
  readonly about: string;
}

function option<T>(schema: z.ZodType<T>, fallback: unknown, about: string): Option<T> {
  return { schema, fallback, about };
}

/**
 * Every setting of the node, once: file key `section.name`, variable `ENGRAM_SECTION_NAME`, flag `--section-name`.
 * Times end in Ms (milliseconds) or Seconds, sizes in Bytes.
 */
export const OPTIONS = {
  data: {
    dir: option(text(), './data', 'folder of the node’s databases'),
  },
  log: {
    level: option(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']), 'info', 'least level that is logged'),
    pretty: option(z.union([toggle, z.literal('auto')]), 'auto', 'readable lines instead of JSON; auto: on a terminal'),
  },
  l1: {
    rpcUrl: option(httpUrl(/^https?$/), 'http://127.0.0.1:8545', 'JSON-RPC of the L1 node'),
    rollup: option(address.optional(), undefined, 'address of the Rollup contract'),
    attestations: option(address.optional(), undefined, 'address of the Attestations contract, told to clients'),
    evmLane: option(
      address.optional(),
      undefined,
      'address of the EvmLane contract; without it no value moves between the EVM lane and the rest',
    ),
    registry: option(
      address.optional(),
      undefined,
      'address of the ValidatorRegistry contract: who may attest, and who leads while the seat rotates',
    ),
    startBlock: option(integer(0, 2 ** 40), 0, 'L1 block of the contract’s deployment: nothing earlier is read'),
    confirmations: option(integer(0, 256), 2, 'L1 blocks on top before a queue item is taken into a block'),
    pollMs: option(integer(50, 600_000), 2_000, 'pause between looks at L1'),
    maxReorgBlocks: option(integer(1, 100_000), 256, 'a reorg of L1 deeper than this stops the node'),
    keyFile: option(text().optional(), undefined, 'file with the node’s L1 key (0x and 64 hex digits)'),
    keystore: option(
      text().optional(),
      undefined,
      'encrypted key file with the node’s L1 key (engram validator keygen)',
    ),
    passphraseFile: option(
      text().optional(),
      undefined,
      'file with the passphrase of l1.keystore; without it ENGRAM_PASSPHRASE_FILE, or it is asked for on the terminal',
    ),
  },
  rpc: {
    host: option(text(), '127.0.0.1', 'address to listen on'),
    port: option(integer(0, 65_535), 8_645, 'port of HTTP and WebSocket; 0: any free one'),
    bodyLimitBytes: option(integer(1_024, 2 ** 26), 1_048_576, 'longest request'),
    batchLimit: option(integer(1, 10_000), 1_000, 'most calls in one batch'),
    requestsPerMinute: option(integer(1, 10_000_000), 6_000, 'HTTP requests, or WebSocket messages, of one client'),
    maxConnections: option(integer(1, 100_000), 1_000, 'WebSocket connections at once'),
    maxSubscriptions: option(integer(1, 10_000), 64, 'subscriptions of one connection'),
    corsOrigins: option(list(text()), [], 'origins of web pages that may call; * for any'),
    trustProxy: option(toggle, false, 'take the client’s address from X-Forwarded-For'),
  },
  web: {
    enabled: option(toggle, true, 'serve the web page (bridge, explorer, AI market) at the RPC’s port'),
    name: option(
      text(/^[^\p{C}<>]{1,64}$/u, 'expected a name of at most 64 characters').optional(),
      undefined,
      'what the page calls this network',
    ),
    l1RpcUrl: option(
      httpUrl(/^https?$/).optional(),
      undefined,
      'JSON-RPC of L1 that browsers are told, for all to see; default: l1.rpcUrl where node and browser are on one machine, else the user’s wallet is asked',
    ),
    l1Explorer: option(httpUrl(/^https?$/).optional(), undefined, 'block explorer of L1 that the page links to'),
  },
  p2p: {
    enabled: option(toggle, false, 'talk to other nodes'),
    listen: option(list(text()), ['/ip4/0.0.0.0/tcp/7171'], 'multiaddresses to listen on'),
    announce: option(list(text()), [], 'multiaddresses others reach this node by; default: what it listens on'),
    bootnodes: option(list(text()), [], 'multiaddresses of nodes to begin with, with /p2p/<id>'),
    mdns: option(toggle, false, 'find nodes of the local network'),
    peerExchange: option(toggle, true, 'ask peers for other nodes, and tell them of some'),
    maxPeers: option(integer(1, 1_000), 50, 'peers at once'),
    identityFile: option(
      text().optional(),
      undefined,
      'key of the peer id; default: p2p.key in data.dir, made at the first start',
    ),
  },
  sync: {
    mode: option(
      z.enum(['auto', 'l1', 'peers', 'snapshot']),
      'auto',
      'where a node that is behind gets batches; auto: from peers, checked against L1, or from L1 where no peer has them',
    ),
    snapshotEveryBatches: option(
      integer(0, 100_000),
      0,
      'make a snapshot for others after this many proven batches; 0: none',
    ),
  },
  validator: {
    enabled: option(toggle, false, 'attest with the node’s L1 key, which must be staked'),
    reportEquivocation: option(toggle, true, 'bring evidence of two signatures of one validator to L1'),
    claimRewards: option(toggle, false, 'collect rewards of ended epochs'),
  },
  sequencer: {
    enabled: option(toggle, true, 'build blocks and commit batches when it is this node’s turn'),
    fallback: option(
      toggle,
      false,
      'when the sequencer is silent for the grace period: build, prove and submit batches',
    ),
    shapes: option(
      list(z.enum(['small', 'dev', 'medium', 'large'])),
      [],
      'batch circuits to use; empty: all that the contract verifies',
    ),
    verifyThreads: option(integer(1, 64), 1, 'threads that check signatures'),
    blockMs: option(integer(50, 600_000), 1_000, 'time between blocks'),
    batchMs: option(integer(100, 86_400_000), 60_000, 'longest time a batch with content stays open'),
    l1WaitMs: option(integer(0, 86_400_000), 10_000, 'after this long an L1 operation that waits ends the open batch'),
    resubmitMs: option(
      integer(1_000, 86_400_000),
      45_000,
      'after this long an L1 transaction is sent again with more fee',
    ),
    maxGasPriceGwei: option(integer(1, 1_000_000), 500, 'highest price of L1 gas that is offered'),
    feeKey: option(
      text(/^0x[0-9a-fA-F]{64}$/, 'expected a packed key: 0x and 64 hex digits').optional(),
      undefined,
      'accounts of this key collect the fees of their tokens',
    ),
    feeOwner: option(
      address.optional(),
      undefined,
      'L1 address the fee key’s accounts must have; needed with a fee key: anyone can open an account for a key',
    ),
    feeAccounts: option(
      amountsByToken,
      [],
      'accounts that collect fees, as token:account; they go before the fee key’s',
    ),
    minimumFees: option(amountsByToken, [], 'least fee of an op, as token:amount'),
  },
  evm: {
    spec: option(text(), 'devnet', 'chain spec: a name of genesis/specs or a file; devnet takes any chain id'),
    beneficiary: option(address.optional(), undefined, 'address that gets the fees of the EVM lane; default: nobody'),
    batchBytes: option(
      integer(16_384, 2 ** 22),
      120_000,
      'bytes of EVM transactions a batch takes; L1 must take them in one transaction (Ethereum’s nodes: 131,072)',
    ),
    minGasPriceWei: option(integer(0, 2 ** 50), 0, 'least tip for a unit of gas that the pool takes'),
    poolTxs: option(integer(16, 1_000_000), 20_000, 'transactions the pool holds'),
    poolAccountTxs: option(integer(1, 100_000), 1_000, 'transactions of one sender the pool holds'),
    recoverThreads: option(integer(0, 64), 1, 'threads that recover senders'),
    historyBlocks: option(integer(16, 2 ** 40), 4_096, 'newest blocks whose state is kept'),
    archive: option(toggle, false, 'keep the state of all blocks'),
    callGas: option(integer(21_000, 2 ** 40), 50_000_000, 'most gas a call or an estimate may use'),
  },
  explorer: {
    enabled: option(
      toggle,
      true,
      'keep an index of the chain for an explorer, in the folder explorer of data.dir (it may be deleted)',
    ),
  },
  prover: {
    enabled: option(toggle, true, 'prove batches in this process’s children'),
    concurrency: option(integer(1, 64), 1, 'proofs at once; one uses all cores already'),
  },
  circuits: {
    cacheDir: option(
      text().optional(),
      undefined,
      'folder of compiled circuits and dev keys (default $ENGRAM_CACHE or ~/.cache/engram)',
    ),
    keysDir: option(text().optional(), undefined, 'folder of a ceremony’s keys (default $ENGRAM_KEYS, else dev keys)'),
  },
} as const;

export type Section = keyof typeof OPTIONS;

type ValueOf<O> = O extends Option<infer T> ? T : never;

/** The validated settings, without secrets. */
export type Settings = {
  readonly [S in Section]: { readonly [K in keyof (typeof OPTIONS)[S]]: ValueOf<(typeof OPTIONS)[S][K]> };
};

export interface OptionInfo {
  readonly section: string;
  readonly name: string;
  /** `section.name` */
  readonly field: string;
  readonly variable: string;
  readonly flag: string;
  readonly option: Option<unknown>;
}

/** All options with the names they go by. */
export function listOptions(): OptionInfo[] {
  return Object.entries(OPTIONS).flatMap(([section, options]) =>
    Object.entries(options).map(([name, option]: [string, Option<unknown>]) => {
      const words = [section, ...name.split(/(?=[A-Z])/)].map((word) => word.toLowerCase());
      return {
        section,
        name,
        field: `${section}.${name}`,
        variable: `ENGRAM_${words.join('_').toUpperCase()}`,
        flag: `--${words.join('-')}`,
        option,
      };
    }),
  );
}
