import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { registerAccountCommands } from './cli/accountCommands.ts';
import { registerAgentCommands } from './cli/agentCommands.ts';
import { registerAttestCommand } from './cli/attestCommand.ts';
import { registerChannelCommands } from './cli/channelCommands.ts';
import { registerDataCommands } from './cli/dataCommands.ts';
import { registerDeployCommand } from './cli/deployCommand.ts';
import { registerDeriveCommand } from './cli/deriveCommand.ts';
import { registerDevnetCommand } from './cli/devnetCommand.ts';
import { registerEpochCommands } from './cli/epochCommands.ts';
import { registerEscapeCommand } from './cli/escapeCommand.ts';
import { registerEvaluatorCommand } from './cli/evaluatorCommand.ts';
import { registerInferCommands } from './cli/inferCommand.ts';
import { registerKeysCommands } from './cli/keys.ts';
import { registerL1Commands } from './cli/l1Commands.ts';
import { registerLaneCommands } from './cli/laneCommands.ts';
import { registerLedgerCommands } from './cli/ledgerCommands.ts';
import { registerModelCommands } from './cli/modelCommands.ts';
import { registerNetworkCommands } from './cli/networkCommands.ts';
import { registerNodeCommand } from './cli/nodeCommand.ts';
import { registerOracleCommands } from './cli/oracleCommands.ts';
import { Exit } from './cli/output.ts';
import { registerProveCommand } from './cli/proveCommand.ts';
import { registerProverCommand } from './cli/proverCommand.ts';
import { registerProviderCommand } from './cli/providerCommand.ts';
import { registerQueryCommands } from './cli/queryCommands.ts';
import { registerReceiptCommands } from './cli/receiptCommands.ts';
import { registerServiceCommands } from './cli/serviceCommands.ts';
import { registerValidatorCommands } from './cli/validatorCommands.ts';
import { registerWebCommands } from './cli/webCommands.ts';

/** The `engram` command line, nothing run yet. */
export function commandLine(): Command {
  const program = new Command('engram')
    .description('Ethereum Layer 2 for AI workloads: a ledger lane and an EVM lane')
    .version(version())
    .showHelpAfterError('(engram <command> --help explains)')
    .exitOverride();
  for (const register of [
    registerNodeCommand,
    registerNetworkCommands,
    registerDevnetCommand,
    registerWebCommands,
    registerDeployCommand,
    registerAccountCommands,
    registerL1Commands,
    registerEscapeCommand,
    registerDeriveCommand,
    registerAttestCommand,
    registerLedgerCommands,
    registerLaneCommands,
    registerQueryCommands,
    registerModelCommands,
    registerChannelCommands,
    registerReceiptCommands,
    registerProviderCommand,
    registerInferCommands,
    registerAgentCommands,
    registerServiceCommands,
    registerEpochCommands,
    registerEvaluatorCommand,
    registerOracleCommands,
    registerDataCommands,
    registerValidatorCommands,
    registerProveCommand,
    registerProverCommand,
    registerKeysCommands,
  ]) {
    register(program);
  }
  exitOverrideAll(program);
  return program;
}

/** Runs the command line. Sets the exit code; see cli/output.ts. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = commandLine();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander has printed it; --help and --version come here with 0
    process.exitCode = error.exitCode === 0 ? Exit.OK : Exit.USAGE;
  }
}

function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return manifest.version;
}

/** Subcommands made by `command()` copy the setting only if it came first; this makes sure of all of them. */
function exitOverrideAll(command: Command): void {
  command.exitOverride();
  for (const sub of command.commands) exitOverrideAll(sub);
}
