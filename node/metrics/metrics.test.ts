import { describe, expect, it } from 'vitest';
import { Metrics } from '../metrics.ts';
import { startMetricsServer } from './metricsServer.ts';

/** Lines of values, without their comments. */
const values = async (metrics: Metrics): Promise<string[]> =>
  (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('metrics', () => {
  it('have names of ours and say what they are', async () => {
    const text = await new Metrics().text();
    const names = [...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].map(([, name = '', type = '']) => ({ name, type }));
    expect(names.length).toBeGreaterThan(30);
    for (const { name, type } of names) {
      expect(name).toMatch(/^(engram|process|nodejs)_[a-z0-9_]+$/);
      if (name.startsWith('engram_') && type === 'counter') expect(name).toMatch(/_total$/);
    }
    const explained = new Set([...text.matchAll(/^# HELP (\S+) \S.*/gm)].map(([, name]) => name));
    expect(names.filter(({ name }) => !explained.has(name))).toEqual([]);
  });

  it('tell what the areas report', async () => {
    const metrics = new Metrics();
    metrics.network.peers(4);
    metrics.network.gossip('block', 'reject', 'BAD_SIGNATURE');
    metrics.network.bytes('block', 'in', 100);
    metrics.network.request('blocks', 'TIMEOUT', 2);
    metrics.sync.head('safe', 7n);
    metrics.sync.lag(3, 12.5);
    metrics.sync.rollback('L1_REORG', 5);
    metrics.sync.l1Reorg(3);
    metrics.sync.l1Reorg(2);
    metrics.validator.report({ attestedBatch: 6, mismatch: undefined, lastSigned: 7, collected: 2, evidence: 0 });
    metrics.validator.leadership({ isOurTurn: true, isOpen: false, slot: 9 });
    metrics.l1.balance(15n * 10n ** 17n);
    metrics.l1.watch(() => 5_000);
    metrics.process.watch(() => ({ live: true, ready: true }));
    metrics.watchPools(() => ({ ledger: 3, evm: { pending: 2, queued: 1 } }));
    const lines = await values(metrics);
    for (const line of [
      'engram_network_peers 4',
      'engram_network_gossip_total{topic="block",outcome="reject",reason="BAD_SIGNATURE"} 1',
      'engram_network_bytes_total{use="block",direction="in"} 100',
      'engram_network_request_seconds_count{kind="blocks",outcome="TIMEOUT"} 1',
      'engram_sync_head{head="safe"} 7',
      'engram_sync_lag_blocks 3',
      'engram_sync_lag_seconds 12.5',
      'engram_sync_rollbacks_total{reason="L1_REORG"} 1',
      'engram_sync_rolled_back_blocks_total 5',
      'engram_l1_reorgs_total 2',
      'engram_l1_reorg_depth_blocks 3',
      'engram_validator_attested_batch 6',
      'engram_validator_mismatch_batch 0',
      'engram_leader_is_our_turn 1',
      'engram_l1_balance_ether 1.5',
      'engram_l1_answered_timestamp_seconds 5',
      'engram_ready 1',
      'engram_mempool_transactions 3',
      'engram_evm_pool_transactions{state="queued"} 1',
    ]) {
      expect(lines).toContain(line);
    }
  });

  it('of two nodes in one process do not mix', async () => {
    const [one, other] = [new Metrics(), new Metrics()];
    one.head('closed', 5);
    expect(await values(one)).toContain('engram_head{head="closed"} 5');
    expect(await values(other)).not.toContain('engram_head{head="closed"} 5');
  });
});

describe('a process without RPC', () => {
  it('answers /metrics and /health, and nothing else', async () => {
    const metrics = new Metrics();
    metrics.prover.outcome('sent');
    let isHealthy = true;
    const server = await startMetricsServer({ host: '127.0.0.1', port: 0 }, { metrics, isHealthy: () => isHealthy });
    try {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      expect(text).toContain('engram_prover_batches_total{outcome="sent"} 1');
      expect((await fetch(`${server.url}/health`)).status).toBe(200);
      isHealthy = false;
      expect((await fetch(`${server.url}/health`)).status).toBe(503);
      expect((await fetch(`${server.url}/`)).status).toBe(404);
    } finally {
      await server.stop();
    }
  });
});
