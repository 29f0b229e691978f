import type { Command } from 'commander';
import { registerArtefactCommands } from './artefactCommands.ts';
import { registerAttestationCommands } from './attestationCommands.ts';

/** `engram model`: attested artefacts, what they descend from, and what L1 says of them. */
export function registerModelCommands(program: Command): void {
  const model = program
    .command('model')
    .description('attested artefacts (models, data sets, agents) and their lineage');
  registerArtefactCommands(model);
  registerAttestationCommands(model);
}
