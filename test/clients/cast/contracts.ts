import { encodeFunctionData, parseAbi } from 'viem';
import { holds, same } from '../check.ts';
import type { Features } from '../features.ts';
import { governorStory } from '../governance.ts';
import { person } from '../network.ts';
import { abiText, type SuiteContract } from '../suiteContracts.ts';
import type { CastWorld } from './world.ts';

const MAGNITUDE = /^(\S+)(?: \[[^\]]+\])?$/;

/** Contracts: deploy, read, delegation, a governor's proposal. */
export function castContracts(world: CastWorld): Features {
  const me = world.me.account.address;
  return {
    'deploy an ERC-20': async () => {
      const address = await world.shared('VoteToken');
      same(await world.run('call', address, 'symbol()(string)'), '"VOTE"', 'symbol');
      const balance = await world.run('call', address, 'balanceOf(address)(uint256)', me);
      same(MAGNITUDE.exec(balance)?.[1], String(10n ** 24n), 'balance of the deployer');
      const receipt = await world.send(
        address,
        'transfer(address,uint256)',
        person('cast recipient').account.address,
        '5',
      );
      same(receipt.logs.length, 1, 'logs of a transfer');
      holds(Number(await world.run('codesize', address)) > 1_000, 'size of the code');
    },

    'read state': async () => {
      const address = await world.shared('VoteToken');
      same(await world.run('chain-id'), String(world.network.chainId), 'chain id');
      same(BigInt(await world.run('storage', address, '2')), 10n ** 24n, 'storage of the supply');
      same(await world.run('balance', person('nobody').account.address), '0', 'balance of nobody');
      same(await world.run('code', person('nobody').account.address), '0x', 'code of nobody');
      holds(/^0x[0-9a-f]{64}$/.test(await world.run('codehash', address)), 'code hash');
      holds(/^0x[0-9a-f]{64}$/.test(await world.run('storage-root', address)), 'storage root');
      holds((await world.run('client')).length > 3, 'client version');
    },

    'EIP-7702': async () => {
      const delegate = await world.shared('Wallet7702');
      const { account, key } = person('cast delegator');
      await world.network.fund([account.address], 10n ** 18n);
      const signed = await world.run('wallet', 'sign-auth', delegate, '--private-key', key);
      const receipt = await world.send(account.address, '--auth', signed);
      same(receipt.type, '0x4', 'type of the transaction');
      same(await world.run('code', account.address), `0xef0100${delegate.slice(2)}`.toLowerCase(), 'delegation');
      const money = person('cast 7702 recipient').account.address;
      const args = ['execute((address,uint256,bytes)[])', `[(${money},9,0x)]`];
      await world.json('send', ...world.signing(key), account.address, ...args);
      same(await world.run('balance', money), '9', 'money sent by the delegated code');
    },

    multicall: async () => {
      const token = await world.shared('VoteToken');
      const multicall = await world.shared('Multicall');
      const signature = 'aggregate3((address,bool,bytes)[])((bool,bytes)[])';
      const decimals = await world.run('calldata', 'decimals()');
      const results = await world.run('call', multicall, signature, `[(${token},false,${decimals})]`);
      same(results, `[(true, 0x${'12'.padStart(64, '0')})]`, 'results');
    },

    'OpenZeppelin Governor': () =>
      governorStory(world.network, {
        voter: me,
        deploy: (name, args) => world.deploy(name, args),
        send: async (name, address, functionName, args) => {
          await world.send(address, '--data', calldata(name, functionName, args));
        },
        read: async (name, address, functionName, args) => {
          const answer = await world.run('call', address, '--data', calldata(name, functionName, args));
          return answer.length === 66 && !answer.startsWith('0x000000') ? answer : BigInt(answer);
        },
        anotherBlock: async () => {
          await world.send(me, '--value', '0');
        },
        votesCast: async (address) => {
          const event = 'VoteCast(address indexed,uint256,uint8,uint256,string)';
          const args = ['logs', event, '--address', address, '--from-block', '0', '--to-block', 'latest'];
          return (await world.json<readonly unknown[]>(...args)).length;
        },
      }),
  };
}

/** Arrays and structs of the proposal in the bytes `cast calldata` would print. */
function calldata(name: SuiteContract, functionName: string, args: readonly unknown[]): string {
  const abi = parseAbi(abiText[name] as readonly string[]);
  return encodeFunctionData({ abi, functionName, args } as Parameters<typeof encodeFunctionData>[0]);
}
