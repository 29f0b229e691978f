import type { Command } from 'commander';
import { registerValidatorHistory } from './validatorHistoryCommands.ts';
import { registerValidatorKeys } from './validatorKeyCommands.ts';
import { registerValidatorRewards } from './validatorRewardCommands.ts';
import { registerValidatorStakes } from './validatorStakeCommands.ts';
import { registerValidatorStatus } from './validatorStatus.ts';

/** `engram validator …`: keys, stakes, rewards and records of who attests (docs/operations.md). */
export function registerValidatorCommands(program: Command): void {
  const validator = program.command('validator').description('keys, stake, rewards and records of a validator');
  registerValidatorKeys(validator);
  registerValidatorStakes(validator);
  registerValidatorStatus(validator);
  registerValidatorRewards(validator);
  registerValidatorHistory(validator);
}
