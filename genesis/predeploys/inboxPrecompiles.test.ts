import { encodeFunctionData, toFunctionSelector } from 'viem';
import { expect, it } from 'vitest';
import { createEngramEvm } from '../../chain/evm/engramEvm.ts';
import { BABY_JUBJUB, INBOX, LEDGER_READ, MODEL_ATTESTATION, POSEIDON } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Field } from '../../protocol/types.ts';
import { ALICE, BOB, deposit, ETHER, newLane } from '../testing/fixture.ts';
import { INBOX_ABI, MODEL_ATTESTATION_ABI } from './abi.ts';

const newEngramLane = () => newLane((parts) => createEngramEvm({ ...parts, domain: 1n as Field }));

const attest = encodeFunctionData({
  abi: MODEL_ATTESTATION_ABI,
  functionName: 'attest',
  args: [`0x${'11'.repeat(32)}`, `0x${'00'.repeat(32)}`, 0, 0n, 0, 1],
});

it.each<readonly [Hex, Hex]>([
  [MODEL_ATTESTATION, attest],
  [POSEIDON, toFunctionSelector('function hash(uint256[])')],
  [BABY_JUBJUB, '0x'],
  [LEDGER_READ, toFunctionSelector('function count()')],
  // KZG: EthereumJS's own throws something that is not an EVM error.
  ['0x000000000000000000000000000000000000000a', `0x${'00'.repeat(192)}`],
])('a message to precompile %s leaves its money waiting for refundTo', async (to, data) => {
  const lane = await newEngramLane();
  const calls = [data, '0x', `0x${'fe'.repeat(4_096)}`] as const;
  for (const [index, each] of calls.entries()) {
    const outcome = await lane.deliver(deposit({ index: BigInt(index), to, data: each }));
    expect(outcome).toMatchObject({ isSuccess: true });
    expect(outcome.gasLeft).toBeGreaterThan(100_000n);
  }
  expect(await lane.read(INBOX_ABI, INBOX, 'pending', [0, BOB])).toBe(3n * ETHER);
  expect(await lane.balance(to)).toBe(0n);
});

it('nobody attests in the name of Inbox', async () => {
  const lane = await newEngramLane();
  expect(await lane.send({ from: ALICE, to: MODEL_ATTESTATION, data: attest })).toMatchObject({ isSuccess: true });
  await lane.deliver(deposit({ to: MODEL_ATTESTATION, data: attest, amount: 0n }));
  expect(await lane.read(MODEL_ATTESTATION_ABI, MODEL_ATTESTATION, 'count')).toBe(1n);
});
