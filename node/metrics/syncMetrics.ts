import { Counter, Gauge, type Registry } from 'prom-client';

export type SyncHead = 'unsafe' | 'safe' | 'finalized';
/** Where a block came from that this node did not build. */
export type SyncSource = 'gossip' | 'peers' | 'l1' | 'snapshot';

export interface SyncMetrics {
  head(head: SyncHead, block: bigint): void;
  /** @param blocks behind the newest block any peer or L1 is known to have. @param seconds age of the own newest block */
  lag(blocks: number, seconds: number): void;
  imported(source: SyncSource, blocks: number): void;
  /** Blocks of others that were not taken. @param reason a short code */
  refused(reason: string): void;
  /** @param reason a short code: why blocks were given up */
  rollback(reason: string, blocks: number): void;
  /** @param depth L1 blocks that were replaced */
  l1Reorg(depth: number): void;
}

export function syncMetrics(register: Registry): SyncMetrics {
  const registers = [register];
  const heads = new Gauge({
    name: 'engram_sync_head',
    help: 'Unsafe, safe and finalized block (docs/protocol.md section 15)',
    labelNames: ['head'],
    registers,
  });
  const lagBlocks = new Gauge({
    name: 'engram_sync_lag_blocks',
    help: 'Blocks behind the newest known of peers or L1',
    registers,
  });
  const lagSeconds = new Gauge({
    name: 'engram_sync_lag_seconds',
    help: 'Age of the newest block of this node',
    registers,
  });
  const imported = new Counter({
    name: 'engram_sync_imported_blocks_total',
    help: 'Blocks taken over from others',
    labelNames: ['source'],
    registers,
  });
  const refused = new Counter({
    name: 'engram_sync_refused_blocks_total',
    help: 'Blocks of others that were not taken',
    labelNames: ['reason'],
    registers,
  });
  const rollbacks = new Counter({
    name: 'engram_sync_rollbacks_total',
    help: 'Times that blocks were given up',
    labelNames: ['reason'],
    registers,
  });
  const rolledBack = new Counter({
    name: 'engram_sync_rolled_back_blocks_total',
    help: 'Blocks that were given up',
    registers,
  });
  const reorgs = new Counter({ name: 'engram_l1_reorgs_total', help: 'Reorgs of L1 that were followed', registers });
  const depth = new Gauge({
    name: 'engram_l1_reorg_depth_blocks',
    help: 'L1 blocks replaced by the deepest reorg since the start',
    registers,
  });
  let deepest = 0;
  return {
    head: (head, block) => heads.set({ head }, Number(block)),
    lag: (blocks, seconds) => {
      lagBlocks.set(blocks);
      lagSeconds.set(seconds);
    },
    imported: (source, blocks) => imported.inc({ source }, blocks),
    refused: (reason) => refused.inc({ reason }),
    rollback: (reason, blocks) => {
      rollbacks.inc({ reason });
      rolledBack.inc(blocks);
    },
    l1Reorg: (blocks) => {
      reorgs.inc();
      deepest = Math.max(deepest, blocks);
      depth.set(deepest);
    },
  };
}
