import { EVMError } from '@ethereumjs/evm';
import { createAddressFromString } from '@ethereumjs/util';
import { expect, it } from 'vitest';
import { account, code, laneFixture, mine, sign, WALLETS, type Wallet } from '../testing/laneFixture.ts';
import { ReferenceChain, rootsOf } from '../testing/referenceChain.ts';

const TO = '0xc000000000000000000000000000000000000001';
const HELPER = '0xc000000000000000000000000000000000000002';
/** LOG0 of nothing, then what it is called with: nothing: STOP, a word of 1: REVERT, 2: INVALID. */
const LOGS = '5f5fa0 5f35 80 6001 14 6014 57 80 6002 14 6018 57 00 5b 5f5ffd 5b fe'.replaceAll(' ', '');
const CALL_HELPER = `5f5f60205f5f73${HELPER.slice(2)}61fffff150`;
/** Creates a contract with the code CALLER SELFDESTRUCT; its address stays on the stack. */
const CREATE = '69 6133ff5f526002601ef3 5f52 600a 6016 5f f0'.replaceAll(' ', '');
/** Calls what is on the stack. */
const CALL_CREATED = '5f5f5f5f5f8561fffff150';
const FAIL = '5f5ffd';

const programs: readonly (readonly [string, string, number])[] = [
  [
    'logs of calls that return, revert and fail',
    `5f5fa0${CALL_HELPER}60015f52${CALL_HELPER}60025f52${CALL_HELPER}5f5f52${CALL_HELPER}5f5fa0`,
    4,
  ],
  ['an account that is created and destroyed', `${CREATE}${CALL_CREATED}3b5f55`, 0],
  ['one that is created, and nothing else', `${CREATE}3b5f55`, 0],
  ['one whose destruction is taken back with the transaction', `${CREATE}${CALL_CREATED}${FAIL}`, 0],
];

it.each(programs)('%s', async (_, program, logs) => {
  const accounts = [
    account(TO, { nonce: 1n, balance: 9n, code: code(program) }),
    account(HELPER, { nonce: 1n, code: code(LOGS) }),
  ];
  const fixture = await laneFixture({ accounts });
  const reference = await ReferenceChain.open(fixture.options.genesis);
  const fees = { gasLimit: 1_000_000n, maxFeePerGas: 10n ** 11n };
  const tx = sign(fixture.lane, WALLETS[0] as Wallet, { type: 2, nonce: 0n, to: TO, ...fees }); // there are eight
  const block = await mine(fixture, [tx]);
  expect(block.receipts[0]?.logs).toHaveLength(logs);
  expect(rootsOf(block)).toEqual(await reference.run(block, [tx]));
});

it('a watched REVERT of more memory than there is gas for allocates nothing', async () => {
  const fixture = await laneFixture({ accounts: [account(TO, { nonce: 1n, code: code('6401000000005ffd') })] });
  const vm = await fixture.lane.vmAt(fixture.lane.head.stateRoot);
  const sizes: number[] = [];
  vm.evm.events?.on('step', ({ memory, error }, next) => {
    sizes.push(memory.length, error?.length ?? 0);
    next?.();
  });
  const { execResult } = await vm.evm.runCall({ to: createAddressFromString(TO), gasLimit: 100_000n });
  expect(execResult.exceptionError?.error).toBe(EVMError.errorMessages.OUT_OF_GAS);
  expect(execResult.executionGasUsed).toBe(100_000n);
  expect(Math.max(...sizes)).toBe(0);
});
