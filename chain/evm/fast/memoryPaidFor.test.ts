import { expect, it } from 'vitest';
import { account, code, laneFixture, mine, sign, WALLETS, type Wallet } from '../testing/laneFixture.ts';
import { ReferenceChain, rootsOf } from '../testing/referenceChain.ts';

const TO = '0xc000000000000000000000000000000000000001';
/** CALL of an empty account that may write 32 bytes at 0x2000: memory is paid for, but nothing writes to it. */
const PAID = '60206120005f5f5f609961fffff150';

it.each([
  ['MLOAD', '612000515f55'],
  ['MSTORE', '602061200052'],
  ['SHA3', '6020612000205f55'],
  ['LOG0', '6020612000a0'],
  ['RETURN', '6020612000f3'],
  ['REVERT', '6020612000fd'],
])('%s where a call paid for memory without writing to it', async (_, rest) => {
  const fixture = await laneFixture({ accounts: [account(TO, { nonce: 1n, code: code(PAID + rest) })] });
  const reference = await ReferenceChain.open(fixture.options.genesis);
  const fees = { gasLimit: 300_000n, maxFeePerGas: 10n ** 11n };
  const tx = sign(fixture.lane, WALLETS[0] as Wallet, { type: 2, nonce: 0n, to: TO, ...fees }); // there are eight
  const block = await mine(fixture, [tx]);
  expect(rootsOf(block)).toEqual(await reference.run(block, [tx]));
});
