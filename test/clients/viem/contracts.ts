import { encodeFunctionData, getContract, hexToBigInt, keccak256, pad, parseSignature, zeroAddress } from 'viem';
import { holds, same } from '../check.ts';
import type { Features } from '../features.ts';
import { person } from '../network.ts';
import { tokenAbi, walletAbi } from '../suiteContracts.ts';
import type { ViemWorld } from './world.ts';

/** Contracts: deploy, read, permit, multicall, delegation. */
export function viemContracts(world: ViemWorld): Features {
  const { client, me } = world;
  return {
    'deploy an ERC-20': async () => {
      const hash = await world.wallet.deployContract({
        abi: tokenAbi,
        bytecode: world.code.VoteToken,
        args: [10n ** 24n],
      });
      const receipt = await world.mined(hash);
      const address = receipt.contractAddress;
      holds(typeof address === 'string', 'the receipt names the contract', receipt);
      same(receipt.to, null, 'to of a creation');
      const token = getContract({ address, abi: tokenAbi, client });
      same(await token.read.name(), 'Suite Votes', 'name');
      same(await token.read.balanceOf([me.address]), 10n ** 24n, 'balance of the deployer');
      const code = await client.getCode({ address });
      holds(code !== undefined && code.length > 2_000, 'the code is there', code?.length);
    },

    'read state': async () => {
      const address = await world.shared('VoteToken');
      same(await client.getChainId(), world.network.chainId, 'chain id');
      same(await client.getCode({ address: person('nobody').account.address }), undefined, 'code of nobody');
      same(await client.getBalance({ address: person('nobody').account.address }), 0n, 'balance of nobody');
      // OpenZeppelin's ERC20 keeps balances in slot 0 and the supply in slot 2.
      const supply = await client.getStorageAt({ address, slot: '0x2' });
      same(hexToBigInt(supply ?? '0x'), 10n ** 24n, 'storage of the supply');
      const slot = keccak256(`${pad(me.address)}${'0'.repeat(64)}`);
      const balance = await client.getStorageAt({ address, slot });
      const read = await client.readContract({ address, abi: tokenAbi, functionName: 'balanceOf', args: [me.address] });
      same(hexToBigInt(balance ?? '0x'), read, 'storage of a balance');
      const receipt = await world.anotherBlock();
      const before = await client.getBalance({ address: me.address, blockNumber: receipt.blockNumber - 1n });
      const after = await client.getBalance({ address: me.address, blockNumber: receipt.blockNumber });
      holds(after < before, 'the fee shows between two blocks', { before, after });
      same(await client.getBalance({ address: zeroAddress, blockTag: 'earliest' }), 0n, 'balance in block 0');
    },

    permit: async () => {
      const address = await world.shared('VoteToken');
      const spender = person('viem spender').account.address;
      const value = 55n;
      const deadline = 2n ** 48n;
      const nonce = await client.readContract({ address, abi: tokenAbi, functionName: 'nonces', args: [me.address] });
      const typed = {
        domain: { name: 'Suite Votes', version: '1', chainId: world.network.chainId, verifyingContract: address },
        types: {
          Permit: [
            { name: 'owner', type: 'address' },
            { name: 'spender', type: 'address' },
            { name: 'value', type: 'uint256' },
            { name: 'nonce', type: 'uint256' },
            { name: 'deadline', type: 'uint256' },
          ],
        },
        primaryType: 'Permit',
        message: { owner: me.address, spender, value, nonce, deadline },
      } as const;
      const signature = await me.signTypedData(typed);
      holds(await client.verifyTypedData({ ...typed, address: me.address, signature }), 'the signature is good');
      const { r, s, yParity } = parseSignature(signature);
      const { request } = await client.simulateContract({
        account: me,
        address,
        abi: tokenAbi,
        functionName: 'permit',
        args: [me.address, spender, value, deadline, 27 + yParity, r, s],
      });
      await world.mined(await world.wallet.writeContract(request));
      const args = [me.address, spender] as const;
      same(await client.readContract({ address, abi: tokenAbi, functionName: 'allowance', args }), value, 'allowance');
    },

    multicall: async () => {
      const address = await world.shared('VoteToken');
      const contracts = [
        { address, abi: tokenAbi, functionName: 'symbol' },
        { address, abi: tokenAbi, functionName: 'balanceOf', args: [me.address] },
        { address, abi: tokenAbi, functionName: 'transferFrom', args: [address, me.address, 1n] },
      ] as const;
      for (const options of [{ multicallAddress: await world.shared('Multicall') }, { deployless: true }] as const) {
        const results = await client.multicall({ contracts, ...options });
        same(
          results.map((one) => one.status),
          ['success', 'success', 'failure'],
          'results of a multicall',
        );
        same(results[0].result, 'VOTE', 'the first result');
      }
    },

    'EIP-7702': async () => {
      const delegate = await world.shared('Wallet7702');
      const token = await world.shared('VoteToken');
      const { account } = person('viem delegator');
      await world.network.fund([account.address], 10n ** 18n);
      const wallet = world.walletOf(account);
      // The account sends it itself: its own nonce has moved on when the authorization is looked at.
      const authorization = await wallet.signAuthorization({ contractAddress: delegate, executor: 'self' });
      const first = await wallet.sendTransaction({ to: account.address, authorizationList: [authorization] });
      const receipt = await world.mined(first);
      same(receipt.type, 'eip7702', 'type of the transaction');
      same(
        await client.getCode({ address: account.address }),
        `0xef0100${delegate.slice(2)}`.toLowerCase(),
        'delegation',
      );
      same((await client.getTransaction({ hash: first })).authorizationList?.length, 1, 'authorizations');
      same(await client.getTransactionCount({ address: account.address }), 2, 'nonce after it and its authorization');

      const tokens = (to: `0x${string}`) =>
        encodeFunctionData({ abi: tokenAbi, functionName: 'balanceOf', args: [to] });
      const money = person('viem 7702 recipient').account.address;
      const calls = [
        { to: money, value: 7n, data: '0x' },
        { to: token, value: 0n, data: tokens(money) },
      ] as const;
      const data = encodeFunctionData({ abi: walletAbi, functionName: 'execute', args: [calls] });
      await world.mined(await wallet.sendTransaction({ to: account.address, data }));
      same(await client.getBalance({ address: money }), 7n, 'money sent by the delegated code');

      // Somebody else pays for taking it back.
      const removal = await wallet.signAuthorization({ contractAddress: zeroAddress, executor: me });
      await world.mined(await world.wallet.sendTransaction({ to: me.address, authorizationList: [removal] }));
      same(await client.getCode({ address: account.address }), undefined, 'the delegation is gone');
    },
  };
}
