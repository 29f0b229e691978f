import type { EventLog } from 'ethers';
import { holds, same, until } from '../check.ts';
import type { Features } from '../features.ts';
import { person } from '../network.ts';
import type { EthersWorld } from './world.ts';

/** Logs, filters by polling, subscriptions over a WebSocket. */
export function ethersEvents(world: EthersWorld): Features {
  const { provider, socket, me } = world;
  const to = person('ethers listener').account.address;
  const transfer = async (value: bigint) =>
    world.call('VoteToken', await world.shared('VoteToken'), 'transfer', [to, value]);
  return {
    logs: async () => {
      const token = world.contract('VoteToken', await world.shared('VoteToken'));
      const first = await transfer(21n);
      const second = await transfer(22n);
      const mine = token.getEvent('Transfer')(me.address, to);
      const logs = await token.queryFilter(mine, first.blockNumber, second.blockNumber);
      same(
        logs.map((log) => (log as EventLog).args.value),
        [21n, 22n],
        'values of the logs',
      ); // the ABI has the event
      const byHash = await provider.getLogs({ blockHash: second.blockHash });
      holds(
        byHash.some(({ transactionHash }) => transactionHash === second.hash),
        'logs by block hash',
      );
      const either = { address: await token.getAddress(), topics: [null, [`0x${'00'.repeat(32)}`]], fromBlock: 0 };
      same((await provider.getLogs(either)).length, 1, 'the mint, found by its second topic');
    },

    filters: async () => {
      const token = world.contract('VoteToken', await world.shared('VoteToken'));
      const seen: bigint[] = [];
      const event = token.getEvent('Transfer')(null, to);
      await token.on(event, (payload) => seen.push(payload.args.value));
      try {
        await provider.getBlockNumber();
        await until(async () => {
          if (seen.length === 0) await transfer(23n);
          return seen.length > 0 ? true : undefined;
        });
      } finally {
        await token.off(event);
      }
      holds(
        seen.every((value) => value === 23n),
        'what the listener heard',
        seen,
      );
      const id = await provider.send('eth_newFilter', [{ address: await token.getAddress() }]);
      const { hash } = await transfer(24n);
      const changes = await provider.send('eth_getFilterChanges', [id]);
      same(
        changes.map((log: { transactionHash: string }) => log.transactionHash),
        [hash],
        'changes',
      );
      same(await provider.send('eth_uninstallFilter', [id]), true, 'removed');
    },

    subscriptions: async () => {
      const token = world.contract('VoteToken', await world.shared('VoteToken')).connect(socket);
      const heads: number[] = [];
      const logs: bigint[] = [];
      const pending: string[] = [];
      const event = world.contract('VoteToken', await world.shared('VoteToken')).getEvent('Transfer')(null, to);
      await socket.on('block', (number) => heads.push(number));
      await socket.on('pending', (hash) => pending.push(hash));
      await token.on(event, (payload) => logs.push(payload.args.value));
      try {
        await socket.getBlockNumber(); // the subscriptions were sent on the same connection before it
        const { hash, blockNumber } = await transfer(25n);
        await until(async () =>
          logs.length > 0 && heads.includes(blockNumber) && pending.includes(hash) ? true : undefined,
        );
        same(logs, [25n], 'logs that were told');
      } finally {
        await token.removeAllListeners();
        await socket.removeAllListeners();
      }
    },
  };
}
