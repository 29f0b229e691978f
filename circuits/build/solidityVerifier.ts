import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseVerifyingKey } from '../keys/checks.ts';
import type { VerifyingKey } from '../keys/vkey.ts';
import { CircuitError } from './errors.ts';
import { packageFile } from './paths.ts';

interface TemplateEngine {
  render(template: string, data: object): string;
}

/**
 * Solidity source of the verifier of a key, from snarkjs's own template, with the contract named as asked.
 *
 * Mind what that contract does not do: it returns false, rather than revert, on a wrong proof, on inputs ≥ r and when
 * gas runs out. The caller must revert on false.
 * @throws CircuitError VKEY_MALFORMED: the key's numbers become source code, so they are checked here once more.
 */
export function solidityVerifier(vkey: VerifyingKey, contractName: string): string {
  if (!/^[A-Za-z_]\w*$/.test(contractName)) {
    throw new CircuitError('VKEY_MALFORMED', 'not a Solidity identifier', { contractName });
  }
  // package.json is not exported by snarkjs; its entry lies in build/.
  const entry = packageFile('snarkjs');
  const template = readFileSync(path.join(path.dirname(entry), '../templates/verifier_groth16.sol.ejs'), 'utf8');
  // The engine snarkjs renders its templates with, as snarkjs resolves it.
  const ejs = createRequire(entry)('ejs') as TemplateEngine;
  const source = ejs.render(template, parseVerifyingKey(vkey));
  const renamed = source.replace(/\bcontract Groth16Verifier\b/, `contract ${contractName}`);
  if (!renamed.includes(`contract ${contractName} {`)) {
    throw new CircuitError('VKEY_MALFORMED', "snarkjs's template has changed", { contractName });
  }
  return renamed;
}
