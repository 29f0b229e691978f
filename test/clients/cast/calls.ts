import { type Hex, keccak256, pad } from 'viem';
import { holds, same } from '../check.ts';
import type { Features } from '../features.ts';
import { type RpcBlock, verifyHeader } from '../headers.ts';
import { person } from '../network.ts';
import { verifyProof } from '../proof.ts';
import type { CastReceipt, CastWorld } from './world.ts';

/** Calls that change nothing, and blocks. */
export function castCalls(world: CastWorld): Features {
  const me = world.me.account.address;
  const to = person('cast call').account.address;
  return {
    'gas estimates': async () => {
      same(await world.run('estimate', '--from', me, to, '--value', '1'), '21000', 'a transfer');
      const stress = await world.shared('Stress');
      const write = ['write(uint256,uint256)', '300', '20'] as const;
      const gas = await world.run('estimate', '--from', me, stress, ...write);
      const receipt = await world.send(stress, ...write, '--gas-limit', gas);
      holds(BigInt(receipt.gasUsed) <= BigInt(gas), 'the estimate is enough', { gas, receipt });
      const creation = await world.run('estimate', '--from', me, '--create', world.code.Stress);
      holds(BigInt(creation) > 100_000n, 'a creation', creation);
    },

    'revert reasons': async () => {
      const failures = await world.shared('Failures');
      const text = await world.failure('call', failures, 'requireText(uint256)', '1');
      holds(/error code 3: execution reverted: the value is too small/.test(text), 'text of require', text);
      const custom = await world.failure('call', '--from', me, failures, 'customError(uint256)', '42');
      holds(/error code 3: execution reverted/.test(custom) && custom.includes('data: "0x'), 'custom error', custom);
      const data = /data: "(0x[0-9a-f]+)"/.exec(custom)?.[1] ?? '';
      const decoded = await world.run('decode-error', '--sig', 'Refused(uint256,address)', data);
      same(decoded.split('\n'), ['42', me], 'its arguments');
      const panic = await world.failure('call', failures, 'division(uint256)', '0');
      holds(/division or modulo by zero/.test(panic), 'panic', panic);
      const estimate = await world.failure('send', ...world.signing(), failures, 'requireText(uint256)', '1');
      holds(/the value is too small/.test(estimate), 'a transaction that would fail', estimate);
      const forced = [
        'send',
        ...world.signing(),
        '--gas-limit',
        '100000',
        failures,
        'requireText(uint256)',
        '1',
        '--json',
      ];
      const { stdout } = await world.outcome(...forced);
      same((JSON.parse(stdout) as CastReceipt).status, '0x0', 'sent all the same');
    },

    traces: async () => {
      const token = await world.shared('VoteToken');
      const { transactionHash } = await world.send(token, 'transfer(address,uint256)', to, '3');
      type Frame = { type: string; to: string };
      const frame = await world.rpc<Frame>('debug_traceTransaction', transactionHash, { tracer: 'callTracer' });
      same([frame.type, frame.to.toLowerCase()], ['CALL', token.toLowerCase()], 'the outer call');
      // Executed again by cast itself, on the state it reads from the node.
      const replayed = await world.run('run', '--quick', transactionHash);
      holds(/Transaction successfully executed/.test(replayed), 'cast run', replayed);
      const local = await world.run('call', '--trace', '--from', me, token, 'transfer(address,uint256)', to, '1');
      holds(/Gas used|successfully executed/i.test(local), 'cast call --trace', local);
    },

    'eth_getProof verifies': async () => {
      const token = await world.shared('VoteToken');
      const { blockNumber } = await world.send(me, '--value', '0');
      const slot = keccak256(`${pad(me)}${'0'.repeat(64)}`);
      const number = String(Number(blockNumber));
      type Proof = {
        address: Hex;
        accountProof: Hex[];
        balance: Hex;
        codeHash: Hex;
        nonce: Hex;
        storageHash: Hex;
        storageProof: { key: Hex; value: Hex; proof: Hex[] }[];
      };
      const proof = await world.json<Proof>('proof', token, slot, '--block', number);
      const { stateRoot } = await world.json<{ stateRoot: Hex }>('block', number);
      verifyProof(stateRoot, {
        ...proof,
        balance: BigInt(proof.balance),
        nonce: BigInt(proof.nonce),
        storageProof: proof.storageProof.map((one) => ({ ...one, value: BigInt(one.value) })),
      });
    },

    'fee history': async () => {
      holds(BigInt(await world.run('gas-price')) > 0n, 'gas price');
      holds(BigInt(await world.run('base-fee')) > 0n, 'base fee');
      const history = await world.rpc<{ baseFeePerGas: string[] }>('eth_feeHistory', '0x2', 'latest', [50]);
      holds(history.baseFeePerGas.length >= 2, 'base fees', history);
    },

    simulation: async () => {
      const calls = [{ from: me, to, value: '0x1' }];
      type Simulated = { calls: { status: string }[] }[];
      const [block] = await world.rpc<Simulated>('eth_simulateV1', { blockStateCalls: [{ calls }] }, 'latest');
      same(block?.calls[0]?.status, '0x1', 'a simulated call');
    },

    'state overrides': async () => {
      const code = '0x303160005260206000f3';
      const result = await world.run('call', to, '--override-balance', `${to}:123`, '--override-code', `${to}:${code}`);
      same(BigInt(result), 123n, 'an overridden balance, read by overridden code');
    },

    'access lists': async () => {
      const token = await world.shared('VoteToken');
      const list = await world.run('access-list', '--from', me, token, 'transfer(address,uint256)', to, '1');
      holds(list.toLowerCase().includes(token.toLowerCase()), 'the token in the list', list);
    },

    'blocks and headers': async () => {
      const { blockNumber, blockHash } = await world.send(me, '--value', '0');
      const block = await world.json<RpcBlock>('block', blockHash);
      verifyHeader(block);
      same(BigInt(block.number), BigInt(blockNumber), 'its number');
      for (const tag of ['earliest', 'finalized', 'safe', 'latest'])
        verifyHeader(await world.json<RpcBlock>('block', tag));
      holds(Number(await world.run('block-number')) >= Number(blockNumber), 'the newest block');
      same(await world.run('age', String(Number(blockNumber))).then((text) => text.length > 0), true, 'age');
      const found = await world.run('find-block', String(Number(block.timestamp)));
      holds(Number(found) >= 0, 'a block by its time', found);
    },
  };
}
