import { type Abi, parseAbi } from 'viem';
import type { Features } from '../features.ts';
import { governorStory } from '../governance.ts';
import { abiText, governorAbi, type SuiteContract } from '../suiteContracts.ts';
import type { ViemWorld } from './world.ts';

export function viemGovernor(world: ViemWorld): Features {
  const { client, me } = world;
  const abiOf = (name: SuiteContract) => parseAbi(abiText[name] as readonly string[]) as Abi;
  return {
    'OpenZeppelin Governor': () =>
      governorStory(world.network, {
        voter: me.address,
        deploy: (name, args) => world.deploy(name, args),
        send: async (name, address, functionName, args) => {
          // Simulated first, as viem's documentation has it: a revert is told before anything is sent.
          const call = { account: me, address, abi: abiOf(name), functionName, args };
          const { request } = await client.simulateContract(call);
          await world.mined(await world.wallet.writeContract(request));
        },
        read: (name, address, functionName, args) =>
          client.readContract({ address, abi: abiOf(name), functionName, args }),
        anotherBlock: async () => {
          await world.anotherBlock();
        },
        votesCast: async (address) =>
          (await client.getContractEvents({ address, abi: governorAbi, eventName: 'VoteCast', fromBlock: 0n })).length,
      }),
  };
}
