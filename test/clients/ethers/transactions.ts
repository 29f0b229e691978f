import { isError, NonceManager, parseUnits } from 'ethers';
import { failureOf, holds, present, same } from '../check.ts';
import type { Features } from '../features.ts';
import { person } from '../network.ts';
import type { EthersWorld } from './world.ts';

/** What is sent: types, receipts, nonces, replacement, the pool. */
export function ethersTransactions(world: EthersWorld): Features {
  const { provider, me } = world;
  const to = person('ethers recipient').account.address;
  return {
    'transaction types 0, 1, 2': async () => {
      const accessList = [{ address: to, storageKeys: [`0x${'00'.repeat(31)}01`] }];
      const requests = [{ type: 0 }, { type: 1, accessList }, { type: 2, accessList }];
      for (const request of requests) {
        const receipt = await world.send({ to, value: 1n, ...request });
        same(receipt.type, request.type, 'type in the receipt');
        const sent = present(await provider.getTransaction(receipt.hash), 'the transaction');
        same(
          [sent.type, sent.value, sent.accessList?.length ?? 0],
          [request.type, 1n, request.type === 0 ? 0 : 1],
          'it',
        );
        same(sent.from, me.address, 'sender');
      }
      same(await provider.getBalance(to), 3n, 'money that came');
    },

    receipts: async () => {
      const token = await world.shared('VoteToken');
      const before = await provider.getBalance(me.address);
      const receipt = await world.call('VoteToken', token, 'transfer', [to, 5n]);
      same(before - (await provider.getBalance(me.address)), receipt.fee, 'the fee');
      same(receipt.logs.length, 1, 'logs');
      const block = present(await receipt.getBlock(), 'its block');
      same(block.transactions[receipt.index], receipt.hash, 'its place in the block');
      same(await provider.getTransactionReceipt(`0x${'07'.repeat(32)}`), null, 'receipt of nothing');
      const confirmed = await provider.waitForTransaction(receipt.hash, 1, 30_000);
      same(confirmed?.blockHash, receipt.blockHash, 'waiting for what is there');
      holds((await receipt.confirmations()) >= 1, 'confirmations');
    },

    nonces: async () => {
      const signer = new NonceManager(me);
      const sent = await Promise.all(
        [1n, 2n, 3n, 4n].map((value) => signer.sendTransaction({ to, value, gasLimit: 21_000 })),
      );
      const receipts = await Promise.all(sent.map((one) => one.wait()));
      same(
        receipts.map((receipt) => receipt?.status),
        [1, 1, 1, 1],
        'all four',
      );
      const nonce = await me.getNonce('latest');
      const low = await failureOf(() => me.sendTransaction({ to, nonce: nonce - 1, gasLimit: 21_000 }), 'a used nonce');
      holds(isError(low, 'NONCE_EXPIRED'), 'ethers knows the error', String(low));
    },

    replacement: async () => {
      const nonce = await me.getNonce('pending');
      const { maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData();
      const fees = (percent: bigint) => ({
        maxFeePerGas: (((maxFeePerGas ?? 0n) + parseUnits('1', 'gwei')) * percent) / 100n,
        maxPriorityFeePerGas: (((maxPriorityFeePerGas ?? 0n) + 100n) * percent) / 100n,
        gasLimit: 21_000,
      });
      const old = await me.sendTransaction({ to, value: 1n, nonce: nonce + 1, ...fees(100n) });
      if (world.network.target === 'devnet') {
        // anvil takes any higher price, geth and we ask for a tenth more
        const again = () => me.sendTransaction({ to, value: 2n, nonce: nonce + 1, ...fees(105n) });
        const little = await failureOf(again, 'a replacement for a little more');
        holds(isError(little, 'REPLACEMENT_UNDERPRICED'), 'ethers knows the error', String(little));
      }
      const waiting = failureOf(() => old.wait(), 'the replaced transaction');
      await provider.getBlockNumber();
      const fresh = await me.sendTransaction({ to, value: 2n, nonce: nonce + 1, ...fees(200n) });
      await world.send({ to, nonce, ...fees(200n) });
      same((await fresh.wait())?.status, 1, 'the new one is mined');
      const replaced = await waiting;
      holds(
        isError(replaced, 'TRANSACTION_REPLACED'),
        'waiting for the old one tells of the new one',
        String(replaced),
      );
      same(replaced.replacement.hash, fresh.hash, 'the replacement');
    },

    'transaction pool': async () => {
      const nonce = await me.getNonce('pending');
      const waiting = await me.sendTransaction({ to, nonce: nonce + 1, gasLimit: 21_000 });
      const { queued } = await provider.send('txpool_status', []);
      holds(BigInt(queued) >= 1n, 'queued', queued);
      same((await provider.getTransaction(waiting.hash))?.blockNumber, null, 'a pending transaction');
      same(await me.getNonce('pending'), nonce, 'a gap does not move the next nonce');
      await world.send({ to, nonce, gasLimit: 21_000 });
      await waiting.wait();
    },
  };
}
