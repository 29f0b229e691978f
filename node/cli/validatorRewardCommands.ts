import type { Command } from 'commander';
import { epochAt } from '../../protocol/network/leadership.ts';
import { l1Account } from './context.ts';
import { CliError, Exit, guarded } from './output.ts';
import { amount, count } from './parsers.ts';
import {
  openRegistry,
  type RegistryOptions,
  type SignerOptions,
  sendToRegistry,
  signerAddress,
  withRegistry,
  withSigner,
} from './validatorContext.ts';
import { registered, view } from './validatorViews.ts';

interface ClaimOptions extends RegistryOptions, SignerOptions {
  readonly epoch?: number;
  readonly last: number;
}

/** `engram validator rewards claim|fund`. */
export function registerValidatorRewards(validator: Command): void {
  const rewards = validator.command('rewards').description('rewards for attesting');
  withSigner(withRegistry(rewards.command('claim')))
    .description('credit rewards of ended epochs to the signer’s owner, who then withdraws; anyone may send it')
    .option('--epoch <n>', 'only of this epoch', count)
    .option('--last <n>', 'of so many epochs back', count, 8)
    .action((options: ClaimOptions, command: Command) => guarded(options, () => claim(options, command), view));
  withRegistry(rewards.command('fund'))
    .description('put money into the pot that rewards are paid from')
    .requiredOption('--amount <amount>', 'wei, or with gwei, ether', amount)
    .action((options: RegistryOptions & { amount: bigint }, command: Command) =>
      guarded(options, () => fund(options, command), view),
    );
}

async function claim(options: ClaimOptions, command: Command): Promise<object> {
  const open = await openRegistry(options, command);
  const { registry, parameters, publicClient } = open;
  const signer = await signerAddress(options);
  const { activeFrom, owner } = await registered(signer, open);
  const account = await l1Account(options);
  const present = epochAt(parameters, Number((await publicClient.getBlock()).timestamp));
  const first = options.epoch ?? Math.max(activeFrom, present - options.last);
  const last = options.epoch ?? present - 1;
  const epochs: { epoch: number; amount: bigint }[] = [];
  for (let epoch = first; epoch <= last; epoch += 1) {
    const reward = await registry.rewardOf(signer, epoch);
    if (reward === 0n || epoch >= present) continue;
    await sendToRegistry(registry.calls.claimReward(signer, epoch), account, open);
    epochs.push({ epoch, amount: reward });
  }
  if (epochs.length === 0) {
    throw new CliError(
      Exit.NOT_FOUND,
      'NOTHING_TO_CLAIM',
      `${signer} has earned nothing in these epochs that is not claimed`,
    );
  }
  const claimed = epochs.reduce((sum, { amount: one }) => sum + one, 0n);
  return { signer, owner, claimed, epochs, pending: await registry.pending(owner) };
}

async function fund(options: RegistryOptions & { amount: bigint }, command: Command): Promise<object> {
  const open = await openRegistry(options, command);
  const sent = await sendToRegistry(open.registry.calls.fund(options.amount), await l1Account(options), open);
  return { amount: options.amount, pot: await open.registry.pot(), ...sent };
}
