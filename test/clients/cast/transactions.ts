import { holds, same } from '../check.ts';
import type { Features } from '../features.ts';
import { person } from '../network.ts';
import type { CastReceipt, CastWorld } from './world.ts';

/** What is sent: types, receipts, nonces, replacement, the pool; logs and subscriptions. */
export function castTransactions(world: CastWorld): Features {
  const me = world.me.account.address;
  const to = person('cast recipient').account.address;
  return {
    'transaction types 0, 1, 2': async () => {
      const before = BigInt(await world.run('balance', to));
      const list = JSON.stringify([{ address: to, storageKeys: [`0x${'00'.repeat(32)}`] }]);
      const legacy = await world.send(to, '--value', '1', '--legacy');
      const listed = await world.send(to, '--value', '1', '--legacy', '--access-list', list);
      const dynamic = await world.send(to, '--value', '1', '--access-list', list);
      const usual = await world.send(to, '--value', '1');
      same([legacy.type, listed.type, dynamic.type, usual.type], ['0x0', '0x1', '0x2', '0x2'], 'types');
      same(BigInt(await world.run('balance', to)) - before, 4n, 'money that came');
      const tx = await world.json<{ hash: string; from: string }>('tx', listed.transactionHash);
      same([tx.hash, tx.from.toLowerCase()], [listed.transactionHash, me.toLowerCase()], 'the transaction');
      holds((await world.run('tx', listed.transactionHash, '--raw')).startsWith('0x01'), 'its bytes');
    },

    receipts: async () => {
      const sent = await world.send(to, '--value', '2');
      const receipt = await world.json<CastReceipt>('receipt', sent.transactionHash);
      same(receipt.blockHash, sent.blockHash, 'block of the receipt');
      same(await world.run('receipt', sent.transactionHash, 'gasUsed'), '21000', 'gas');
      const raw = await world.run('mktx', '--private-key', world.me.key, to, '--value', '1');
      const published = await world.run('publish', '--async', raw);
      const late = await world.json<CastReceipt>('receipt', published.replaceAll('"', ''), '--confirmations', '1');
      same(late.status, '0x1', 'a published transaction');
    },

    nonces: async () => {
      const start = Number(await world.run('nonce', me, '--block', 'pending'));
      const ahead = await world.run(
        'send',
        ...world.signing(),
        '--async',
        '--nonce',
        String(start + 1),
        '--gas-limit',
        '21000',
        to,
      );
      await world.send('--nonce', String(start), to);
      const receipt = await world.json<CastReceipt>('receipt', ahead, '--confirmations', '1');
      same(receipt.status, '0x1', 'the one that waited');
      const low = await world.failure('send', ...world.signing(), '--nonce', String(start), '--gas-limit', '21000', to);
      holds(/nonce too low/i.test(low), 'reason', low);
    },

    replacement: async () => {
      const nonce = Number(await world.run('nonce', me, '--block', 'pending'));
      const price = 3n * BigInt(await world.run('gas-price')) + 10n ** 9n;
      const send = (value: number, at: bigint): readonly string[] => {
        const fees = ['--gas-price', String(at), '--priority-gas-price', String(at / 2n)];
        return [
          'send',
          ...world.signing(),
          '--async',
          '--nonce',
          String(nonce + 1),
          '--gas-limit',
          '21000',
          ...fees,
          to,
          '--value',
          String(value),
        ];
      };
      const old = await world.run(...send(1, price));
      const fresh = await world.run(...send(2, price * 2n));
      const known = await world.failure(...send(2, price * 2n));
      holds(/already known|already imported/i.test(known), 'reason', known);
      const little = await world.failure(...send(3, price * 2n));
      holds(/replacement transaction underpriced/i.test(little), 'reason', little);
      await world.send('--nonce', String(nonce), to);
      same((await world.json<CastReceipt>('receipt', fresh, '--confirmations', '1')).status, '0x1', 'the new one');
      same(await world.rpc('eth_getTransactionReceipt', old), null, 'the old one is gone');
    },

    'transaction pool': async () => {
      const nonce = Number(await world.run('nonce', me, '--block', 'pending'));
      const ahead = await world.run(
        'send',
        ...world.signing(),
        '--async',
        '--nonce',
        String(nonce + 1),
        '--gas-limit',
        '21000',
        to,
      );
      const { queued } = await world.json<{ queued: string }>('tx-pool', 'status');
      holds(BigInt(queued) >= 1n, 'queued', queued);
      await world.run('tx-pool', 'content');
      await world.run('tx-pool', 'inspect');
      if (world.network.target === 'devnet') await world.run('tx-pool', 'content-from', me);
      await world.send('--nonce', String(nonce), to);
      await world.json('receipt', ahead, '--confirmations', '1');
    },

    logs: async () => {
      const token = await world.shared('VoteToken');
      const transfer = ['transfer(address,uint256)', to, '31'] as const;
      const { blockNumber, transactionHash } = await world.send(token, ...transfer);
      const from = String(Number(blockNumber));
      const event = 'Transfer(address indexed,address indexed,uint256)';
      const range = ['--address', token, '--from-block', from, '--to-block', 'latest'];
      const logs = await world.json<readonly { transactionHash: string; data: string }[]>(
        'logs',
        event,
        me,
        to,
        ...range,
      );
      same(
        logs.map((log) => log.transactionHash),
        [transactionHash],
        'transactions of the logs',
      );
      same(BigInt(logs[0]?.data ?? '0x0'), 31n, 'the value');
      same(await world.json('logs', event, token, ...range), [], 'logs from somebody else');
    },

    filters: async () => {
      const token = await world.shared('VoteToken');
      const id = await world.rpc<string>('eth_newFilter', { address: token });
      const { transactionHash } = await world.send(token, 'transfer(address,uint256)', to, '32');
      const changes = await world.rpc<readonly { transactionHash: string }[]>('eth_getFilterChanges', id);
      same(
        changes.map((log) => log.transactionHash),
        [transactionHash],
        'changes',
      );
      same(await world.rpc('eth_uninstallFilter', id), true, 'removed');
    },
  };
}
