import { Contract, ContractFactory, Signature, verifyTypedData, Wallet, ZeroAddress } from 'ethers';
import { holds, present, same } from '../check.ts';
import type { Features } from '../features.ts';
import { governorStory } from '../governance.ts';
import { person } from '../network.ts';
import type { EthersWorld } from './world.ts';

/** Contracts: deploy, read, permit, multicall, delegation, a governor's proposal. */
export function ethersContracts(world: EthersWorld): Features {
  const { provider, me } = world;
  return {
    'deploy an ERC-20': async () => {
      const factory = new ContractFactory(world.abi('VoteToken'), world.code.VoteToken, me);
      const deployed = await factory.deploy(10n ** 24n);
      const address = await deployed.getAddress();
      const receipt = present(await present(deployed.deploymentTransaction(), 'the transaction').wait(), 'a receipt');
      same(receipt.contractAddress, address, 'the address ethers computed');
      const token = new Contract(address, world.abi('VoteToken'), provider);
      same(await token.getFunction('symbol')(), 'VOTE', 'symbol');
      same(await token.getFunction('balanceOf')(me.address), 10n ** 24n, 'balance of the deployer');
    },

    'read state': async () => {
      const address = await world.shared('VoteToken');
      same((await provider.getNetwork()).chainId, BigInt(world.network.chainId), 'chain id');
      same(await provider.getCode(person('nobody').account.address), '0x', 'code of nobody');
      same(BigInt(await provider.getStorage(address, 2)), 10n ** 24n, 'storage of the supply');
      const { blockNumber } = await world.anotherBlock();
      const before = await provider.getBalance(me.address, blockNumber - 1);
      const after = await provider.getBalance(me.address, blockNumber);
      holds(after < before, 'the fee shows between two blocks', { before, after });
      const token = world.contract('VoteToken', address);
      const read = token.getFunction('totalSupply');
      same(await read.staticCall({ blockTag: blockNumber }), 10n ** 24n, 'a call in an older block');
    },

    permit: async () => {
      const address = await world.shared('VoteToken');
      const token = world.contract('VoteToken', address);
      const spender = person('ethers spender').account.address;
      const domain = { name: 'Suite Votes', version: '1', chainId: world.network.chainId, verifyingContract: address };
      const types = {
        Permit: ['owner address', 'spender address', 'value uint256', 'nonce uint256', 'deadline uint256'].map(
          (line) => {
            const [name = '', type = ''] = line.split(' ');
            return { name, type };
          },
        ),
      };
      const nonce = await token.getFunction('nonces')(me.address);
      const message = { owner: me.address, spender, value: 66n, nonce, deadline: 2n ** 48n };
      const signature = await me.signTypedData(domain, types, message);
      same(verifyTypedData(domain, types, message, signature), me.address, 'signer');
      const { v, r, s } = Signature.from(signature);
      await world.call('VoteToken', address, 'permit', [me.address, spender, 66n, message.deadline, v, r, s]);
      same(await token.getFunction('allowance')(me.address, spender), 66n, 'allowance');
    },

    multicall: async () => {
      const token = await world.shared('VoteToken');
      const { interface: coder } = world.contract('VoteToken', token);
      const calls = [
        { target: token, allowFailure: false, callData: coder.encodeFunctionData('decimals') },
        { target: token, allowFailure: true, callData: coder.encodeFunctionData('transferFrom', [token, token, 1n]) },
      ];
      const multicall = world.contract('Multicall', await world.shared('Multicall'));
      const results = await multicall.getFunction('aggregate3').staticCall(calls);
      same([results[0].success, results[1].success], [true, false], 'results');
      same(coder.decodeFunctionResult('decimals', results[0].returnData)[0], 18n, 'the first result');
      // ethers joins calls of one moment to one batch request.
      const reads = Array.from({ length: 30 }, () => world.contract('VoteToken', token).getFunction('totalSupply')());
      same(new Set(await Promise.all(reads)).size, 1, 'answers of a batch');
    },

    'EIP-7702': async () => {
      const delegate = await world.shared('Wallet7702');
      const account = new Wallet(person('ethers delegator').key, provider);
      await world.network.fund([account.address as `0x${string}`], 10n ** 18n);
      const nonce = await account.getNonce();
      const authorization = await account.authorize({ address: delegate, nonce: nonce + 1 });
      const receipt = await world.send({ type: 4, to: account.address, authorizationList: [authorization] }, account);
      same(receipt.type, 4, 'type of the transaction');
      same(await provider.getCode(account.address), `0xef0100${delegate.slice(2)}`.toLowerCase(), 'delegation');
      const sent = present(await provider.getTransaction(receipt.hash), 'the transaction');
      same(sent.authorizationList?.length, 1, 'authorizations');
      const wallet = new Contract(account.address, world.abi('Wallet7702'), account);
      const money = person('ethers 7702 recipient').account.address;
      const executed = await wallet.getFunction('execute').send([{ to: money, value: 8n, data: '0x' }]);
      same((await executed.wait())?.logs.length, 1, 'logs of the delegated code');
      same(await provider.getBalance(money), 8n, 'money sent by it');
      const removal = await account.authorize({ address: ZeroAddress, nonce: await account.getNonce() });
      await world.send({ type: 4, to: me.address, authorizationList: [removal] });
      same(await provider.getCode(account.address), '0x', 'the delegation is gone');
    },

    'OpenZeppelin Governor': () =>
      governorStory(world.network, {
        voter: me.address as `0x${string}`, // ethers gives strings
        deploy: (name, args) => world.deploy(name, args),
        send: async (name, address, functionName, args) => {
          await world.call(name, address, functionName, args);
        },
        read: (name, address, functionName, args) =>
          world
            .contract(name, address)
            .getFunction(functionName)
            .staticCall(...args),
        anotherBlock: async () => {
          await world.anotherBlock();
        },
        votesCast: async (address) =>
          (await world.contract('SuiteGovernor', address).queryFilter('VoteCast', 0)).length,
      }),
  };
}
