import type { Command } from 'commander';

/** `engram model prove|verify-l1`: an attestation, checked by a contract on L1. */
export function registerAttestationCommands(_model: Command): void {}
