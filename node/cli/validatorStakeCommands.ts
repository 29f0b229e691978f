import { type Command, InvalidArgumentError } from 'commander';
import { registrationTypedData } from '../../bridge/client/registration.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { l1Account } from './context.ts';
import { CliError, Exit, guarded } from './output.ts';
import { amount } from './parsers.ts';
import { date, money } from './units.ts';
import {
  type OpenRegistry,
  openRegistry,
  type RegistryOptions,
  type SignerOptions,
  sendToRegistry,
  signerAccount,
  signerAddress,
  withRegistry,
  withSigner,
} from './validatorContext.ts';
import { registered, startOf, view } from './validatorViews.ts';

type Options = RegistryOptions & SignerOptions;

/** What an owner does with a stake. */
export function registerValidatorStakes(validator: Command): void {
  withSigner(withRegistry(validator.command('stake')))
    .description('register a validator and stake for it; the L1 key is its owner, who gets the money back')
    .requiredOption('--amount <amount>', 'wei, or with gwei, ether', amount)
    .option('--signature <hex>', 'the signer’s authorization (engram validator authorize), with --signer', signature)
    .action((options: StakeOptions, command: Command) => guarded(options, () => stake(options, command), view));
  withSigner(withRegistry(validator.command('add')))
    .description('add to a stake; it counts from the next epoch on')
    .requiredOption('--amount <amount>', 'wei, or with gwei, ether', amount)
    .action((options: Options & { amount: bigint }, command: Command) =>
      guarded(options, () => add(options, command), view),
    );
  withSigner(withRegistry(validator.command('unstake').alias('exit')))
    .description('leave: the stake counts no more from the next epoch on, and can be withdrawn after a delay')
    .action((options: Options, command: Command) => guarded(options, () => unstake(options, command), view));
  withRegistry(validator.command('withdraw'))
    .description('pay out what the owner of the L1 key can have: free stakes, rewards, reports')
    .action((options: RegistryOptions, command: Command) => guarded(options, () => withdraw(options, command), view));
}

interface StakeOptions extends RegistryOptions, SignerOptions {
  readonly amount: bigint;
  readonly signature?: Hex;
}

async function stake(options: StakeOptions, command: Command): Promise<object> {
  const open = await openRegistry(options, command);
  const { registry, parameters } = open;
  const owner = await l1Account(options);
  if (options.amount < parameters.minStake) {
    throw new CliError(Exit.REFUSED, 'StakeTooLow', `the least stake is ${money(parameters.minStake, 0)}`);
  }
  const authorized = await authorization(options, { registry, owner: owner.address });
  const sent = await sendToRegistry(registry.calls.register({ ...authorized, value: options.amount }), owner, open);
  const { seat, activeFrom } = await registered(authorized.signer, open);
  return {
    ...{ signer: authorized.signer, owner: owner.address, stake: options.amount, seat, activeFrom },
    countsFrom: startOf(activeFrom, open),
    ...sent,
  };
}

/** By the signer's key, if it is here. @throws CliError NO_SIGNATURE */
async function authorization(
  options: StakeOptions,
  { registry, owner }: Pick<OpenRegistry, 'registry'> & { owner: Hex },
): Promise<{ signer: Hex; signature: Hex }> {
  if (options.signature !== undefined && options.signer !== undefined) {
    return { signer: options.signer, signature: options.signature };
  }
  const signer = await signerAccount(options);
  const isOther = options.signer !== undefined && options.signer.toLowerCase() !== signer.address.toLowerCase();
  if (isOther || options.signature !== undefined) {
    const message =
      'for a signer whose key is elsewhere: --signer <address> --signature <hex> (engram validator authorize)';
    throw new CliError(Exit.USAGE, 'NO_SIGNATURE', message);
  }
  const data = registrationTypedData(registry.registrationDomain, owner);
  return { signer: signer.address, signature: await signer.signTypedData(data) };
}

async function add(options: Options & { amount: bigint }, command: Command): Promise<object> {
  const open = await openRegistry(options, command);
  const signer = await signerAddress(options);
  const sent = await sendToRegistry(
    open.registry.calls.addStake(signer, options.amount),
    await l1Account(options),
    open,
  );
  const { stake: whole } = await registered(signer, open);
  return { signer, added: options.amount, stake: whole, ...sent };
}

async function unstake(options: Options, command: Command): Promise<object> {
  const open = await openRegistry(options, command);
  const signer = await signerAddress(options);
  const sent = await sendToRegistry(open.registry.calls.unstake(signer), await l1Account(options), open);
  const { stake: whole, activeUntil = 0, withdrawableAt = 0 } = await registered(signer, open);
  return {
    ...{ signer, stake: whole, activeUntil, countsUntil: startOf(activeUntil, open), withdrawableAt },
    advice: 'keep the node running until it counts no more, and its key and signing history until it is withdrawn',
    ...sent,
  };
}

async function withdraw(options: RegistryOptions, command: Command): Promise<object> {
  const open = await openRegistry(options, command);
  const owner = await l1Account(options);
  const pending = await open.registry.pending(owner.address);
  if (pending === 0n) {
    const next = await nextWithdrawable(owner.address, open);
    const when = next === undefined ? '' : `; a stake is free at ${date(next)}`;
    throw new CliError(Exit.NOT_FOUND, 'NOTHING_TO_WITHDRAW', `${owner.address} can have nothing now${when}`);
  }
  return {
    owner: owner.address,
    amount: pending,
    ...(await sendToRegistry(open.registry.calls.withdraw(), owner, open)),
  };
}

async function nextWithdrawable(owner: Hex, { registry, publicClient }: OpenRegistry): Promise<number | undefined> {
  const now = Number((await publicClient.getBlock()).timestamp);
  const times = (await registry.validators())
    .filter((one) => one.owner === owner.toLowerCase() && one.stake > 0n && !one.isSlashed)
    .flatMap(({ withdrawableAt }) => (withdrawableAt === undefined || withdrawableAt < now ? [] : [withdrawableAt]));
  return times.length === 0 ? undefined : times.reduce((a, b) => (a < b ? a : b));
}

function signature(text: string): Hex {
  if (!/^0x[0-9a-fA-F]{130}$/.test(text)) throw new InvalidArgumentError('expected 0x and 130 hex digits');
  return text as Hex; // by the pattern
}
