import type { Hex } from './types.ts';

/** Fixed addresses of the EVM lane: "Engram" in ASCII, then a number (docs/protocol.md section 7). */
function fixed(number: number): Hex {
  return `0x456e6772616d${number.toString(16).padStart(28, '0')}`;
}

export const MODEL_ATTESTATION = fixed(0x01);
export const POSEIDON = fixed(0x02);
export const BABY_JUBJUB = fixed(0x03);
export const LEDGER_READ = fixed(0x04);
export const INBOX = fixed(0x10);
export const OUTBOX = fixed(0x11);
export const TOKEN_FACTORY = fixed(0x12);
/** What the tokens of TokenFactory delegate to. */
export const TOKEN_IMPLEMENTATION = fixed(0x13);
/** Sells data for keys. */
export const DATA_ESCROW = fixed(0x14);
/** Answers of attested models to contracts. */
export const ORACLE = fixed(0x15);
/** Sender of the system transactions; no key is known for it. */
export const SYSTEM_SENDER = fixed(0xff);

export const PRECOMPILES = [MODEL_ATTESTATION, POSEIDON, BABY_JUBJUB, LEDGER_READ] as const;
