import { type Hex, type Log, zeroAddress } from 'viem';
import { failureOf, holds, same, until } from '../check.ts';
import type { Features } from '../features.ts';
import { person } from '../network.ts';
import { tokenAbi } from '../suiteContracts.ts';
import type { ViemWorld } from './world.ts';

const transferEvent = tokenAbi.find((item) => item.type === 'event' && item.name === 'Transfer') as Extract<
  (typeof tokenAbi)[number],
  { name: 'Transfer'; type: 'event' }
>; // it is in the constant

/** Logs, filters, subscriptions. */
export function viemEvents(world: ViemWorld): Features {
  const { client, socket, me, wallet } = world;
  const to = person('viem listener').account.address;
  const transfer = async (value: bigint): Promise<Hex> => {
    const address = await world.shared('VoteToken');
    return wallet.writeContract({ address, abi: tokenAbi, functionName: 'transfer', args: [to, value] });
  };
  return {
    logs: async () => {
      const address = await world.shared('VoteToken');
      const first = await world.mined(await transfer(11n));
      const second = await world.mined(await transfer(12n));
      const range = { fromBlock: first.blockNumber, toBlock: second.blockNumber };
      const logs = await client.getLogs({ address, event: transferEvent, args: { to }, ...range });
      same(
        logs.map(({ args }) => args.value),
        [11n, 12n],
        'values of the logs',
      );
      same(logs[1]?.transactionHash, second.transactionHash, 'transaction of a log');
      const all = await client.getContractEvents({ address, abi: tokenAbi, eventName: 'Transfer', fromBlock: 0n });
      same(all[0]?.args.from, zeroAddress, 'the first transfer is the mint');
      const others = await client.getLogs({ address, event: transferEvent, args: { to: address }, ...range });
      same(others.length, 0, 'logs to somebody else');
      const oneBlock = await client.getLogs({ blockHash: second.blockHash });
      holds(
        oneBlock.some(({ transactionHash }) => transactionHash === second.transactionHash),
        'logs by block hash',
      );
      const backwards = { fromBlock: second.blockNumber + 1n, toBlock: first.blockNumber };
      await failureOf(() => client.getLogs({ address, ...backwards }), 'a range that ends before it begins');
    },

    filters: async () => {
      const address = await world.shared('VoteToken');
      const { blockNumber: from } = await world.anotherBlock();
      const logFilter = await client.createContractEventFilter({
        address,
        abi: tokenAbi,
        eventName: 'Transfer',
        args: { from: me.address },
        fromBlock: from,
      });
      const blockFilter = await client.createBlockFilter();
      const pendingFilter = await client.createPendingTransactionFilter();
      const hash = await transfer(13n);
      const { blockHash } = await world.mined(hash);
      const fresh: Log[] = [];
      await until(async () => {
        fresh.push(...(await client.getFilterChanges({ filter: logFilter })));
        return fresh.length > 0 ? true : undefined;
      });
      same(
        fresh.map(({ transactionHash }) => transactionHash),
        [hash],
        'changes of the log filter',
      );
      same((await client.getFilterChanges({ filter: logFilter })).length, 0, 'nothing is told twice');
      const all = await client.getFilterLogs({ filter: logFilter });
      same(
        all.map(({ args }) => args.value),
        [13n],
        'all logs of the filter',
      );
      holds((await client.getFilterChanges({ filter: blockFilter })).includes(blockHash), 'the block filter');
      holds((await client.getFilterChanges({ filter: pendingFilter })).includes(hash), 'the filter of pending ones');
      holds(await client.uninstallFilter({ filter: logFilter }), 'the filter is removed');
      same(await client.uninstallFilter({ filter: logFilter }), false, 'it is not removed twice');
      const gone = await failureOf(() => client.getFilterChanges({ filter: logFilter }), 'a removed filter');
      holds(/filter not found|does not exist|no filter/i.test(String(gone)), 'reason', String(gone));
      await client.uninstallFilter({ filter: blockFilter });
      await client.uninstallFilter({ filter: pendingFilter });
    },

    subscriptions: async () => {
      const address = await world.shared('VoteToken');
      const heads: bigint[] = [];
      const logs: (bigint | undefined)[] = [];
      const pending: Hex[] = [];
      const errors: Error[] = [];
      const onError = (error: Error) => errors.push(error);
      const stops = [
        socket.watchBlocks({ onBlock: ({ number }) => heads.push(number), onError }),
        socket.watchContractEvent({
          address,
          abi: tokenAbi,
          eventName: 'Transfer',
          args: { to },
          onLogs: (found) => logs.push(...found.map(({ args }) => args.value)),
          onError,
        }),
        socket.watchPendingTransactions({ onTransactions: (hashes) => pending.push(...hashes), onError }),
      ];
      try {
        await socket.getBlockNumber(); // the subscriptions were sent on the same connection before it
        await until(async () => ((await socket.getBlockNumber()) > 0n ? true : undefined));
        const hash = await transfer(14n);
        const { blockNumber } = await world.mined(hash);
        await until(async () => (logs.length > 0 && heads.includes(blockNumber) ? true : errors[0] && false));
        same(errors, [], 'errors');
        same(logs, [14n], 'logs that were told');
        holds(pending.includes(hash), 'the pending transaction was told', pending);
        const last = heads.length - 1;
        same(heads[last], (heads[0] ?? 0n) + BigInt(last), 'no block is left out');
      } finally {
        for (const stop of stops) stop();
      }
    },
  };
}
