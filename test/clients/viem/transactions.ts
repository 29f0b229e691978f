import { type Hex, parseGwei, toHex } from 'viem';
import { failureOf, holds, present, same, until } from '../check.ts';
import type { Features } from '../features.ts';
import { person } from '../network.ts';
import { tokenAbi } from '../suiteContracts.ts';
import type { ViemWorld } from './world.ts';

/** What is sent: types, receipts, nonces, replacement, the pool. */
export function viemTransactions(world: ViemWorld): Features {
  const { client, me, wallet } = world;
  const to = person('viem recipient').account.address;
  return {
    'transaction types 0, 1, 2': async () => {
      const accessList = [{ address: to, storageKeys: [toHex(1, { size: 32 })] }];
      const hashes = [
        await wallet.sendTransaction({ to, value: 1n, type: 'legacy' }),
        await wallet.sendTransaction({ to, value: 2n, type: 'eip2930', accessList }),
        await wallet.sendTransaction({ to, value: 3n, type: 'eip1559', accessList }),
      ];
      const types = ['legacy', 'eip2930', 'eip1559'];
      for (const [position, hash] of hashes.entries()) {
        const receipt = await world.mined(hash);
        same(receipt.type, types[position], 'type in the receipt');
        const sent = await client.getTransaction({ hash });
        same(
          [sent.type, sent.value, sent.to],
          [types[position], BigInt(position + 1), to.toLowerCase()],
          'the transaction',
        );
        same(sent.blockHash, receipt.blockHash, 'its block');
      }
      same(await client.getBalance({ address: to }), 6n, 'money that came');
    },

    receipts: async () => {
      const address = await world.shared('VoteToken');
      const before = await client.getBalance({ address: me.address });
      const hash = await wallet.writeContract({ address, abi: tokenAbi, functionName: 'transfer', args: [to, 5n] });
      const receipt = await world.mined(hash);
      const after = await client.getBalance({ address: me.address });
      same(before - after, receipt.gasUsed * receipt.effectiveGasPrice, 'the fee');
      same([receipt.logs.length, receipt.logs[0]?.address], [1, address], 'logs');
      same(receipt.transactionHash, hash, 'hash');
      const block = await client.getBlock({ blockHash: receipt.blockHash });
      const { baseFeePerGas } = block;
      holds(receipt.effectiveGasPrice >= (baseFeePerGas ?? 0n), 'price and base fee', { baseFeePerGas, receipt });
      same(block.transactions[receipt.transactionIndex], hash, 'its place in the block');
      const all = await world.raw<readonly unknown[]>('eth_getBlockReceipts', [toHex(receipt.blockNumber)]);
      same(all.length, block.transactions.length, 'receipts of the block');
      const missing = await world.raw('eth_getTransactionReceipt', [toHex(7, { size: 32 })]);
      same(missing, null, 'receipt of nothing');
    },

    nonces: async () => {
      const start = await client.getTransactionCount({ address: me.address, blockTag: 'pending' });
      // The last first: it has to wait for the others.
      const hashes: Hex[] = [];
      for (const nonce of [start + 2, start + 1, start]) {
        hashes.push(await wallet.sendTransaction({ to, value: 1n, nonce, gas: 21_000n }));
      }
      for (const hash of hashes) await world.mined(hash);
      same(await client.getTransactionCount({ address: me.address }), start + 3, 'next nonce');
      const low = await failureOf(() => wallet.sendTransaction({ to, nonce: start, gas: 21_000n }), 'a used nonce');
      holds(/nonce too low|lower than the current nonce/i.test(String(low)), 'reason', String(low));
    },

    replacement: async () => {
      const nonce = await client.getTransactionCount({ address: me.address, blockTag: 'pending' });
      const { maxFeePerGas, maxPriorityFeePerGas } = await client.estimateFeesPerGas();
      const fees = (times: bigint) => ({
        maxFeePerGas: maxFeePerGas * times + parseGwei('1'),
        maxPriorityFeePerGas: maxPriorityFeePerGas * times + times,
        gas: 21_000n,
      });
      // It waits behind a gap, so that there is time to replace it.
      const old = await wallet.sendTransaction({ to, value: 1n, nonce: nonce + 1, ...fees(1n) });
      const little = await failureOf(
        () => wallet.sendTransaction({ to, value: 2n, nonce: nonce + 1, ...fees(1n) }),
        'a replacement for the same price',
      );
      holds(/replacement transaction underpriced/i.test(String(little)), 'reason', String(little));
      const fresh = await wallet.sendTransaction({
        to,
        value: 2n,
        nonce: nonce + 1,
        gas: 21_000n,
        maxFeePerGas: (fees(1n).maxFeePerGas * 3n) / 2n,
        maxPriorityFeePerGas: (fees(1n).maxPriorityFeePerGas * 3n) / 2n + 1n,
      });
      let reason: string | undefined;
      const waited = client.waitForTransactionReceipt({
        hash: fresh,
        onReplaced: (replacement) => {
          reason = replacement.reason;
        },
      });
      await world.mined(await wallet.sendTransaction({ to, nonce, ...fees(2n) }));
      same((await waited).transactionHash, fresh, 'the one that was mined');
      same(reason, undefined, 'the new one was not replaced');
      same(await world.raw('eth_getTransactionByHash', [old]), null, 'the old one is gone');
    },

    'transaction pool': async () => {
      const nonce = await client.getTransactionCount({ address: me.address, blockTag: 'pending' });
      const waiting = await wallet.sendTransaction({ to, value: 9n, nonce: nonce + 1, gas: 21_000n });
      type Content = Record<'pending' | 'queued', Record<string, Record<string, { hash: string }>>>;
      const find = ({ queued }: Content) =>
        Object.entries(queued).find(([sender]) => sender.toLowerCase() === me.address.toLowerCase())?.[1];
      const content = await world.raw<Content>('txpool_content', []);
      same(find(content)?.[nonce + 1]?.hash, waiting, 'what waits behind the gap');
      const status = await world.raw<{ queued: string }>('txpool_status', []);
      holds(BigInt(status.queued) >= 1n, 'queued', status);
      await world.raw('txpool_inspect', []);
      if (world.network.target === 'devnet') await world.raw('txpool_contentFrom', [me.address]);
      const pending = await client.getTransaction({ hash: waiting });
      same([pending.blockNumber, pending.blockHash], [null, null], 'the place of a pending transaction');
      await wallet.sendTransaction({ to, value: 9n, nonce, gas: 21_000n });
      await world.mined(waiting);
      const cleared = await until(async () => {
        const now = find(await world.raw<Content>('txpool_content', []));
        return now === undefined ? true : undefined;
      });
      present(cleared, 'an empty pool');
    },
  };
}
