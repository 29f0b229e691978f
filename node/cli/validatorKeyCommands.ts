import type { Command } from 'commander';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { registrationTypedData } from '../../bridge/client/registration.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { writeKeystore } from '../keystore/keystoreFile.ts';
import { promptNewPassphrase, readPassphraseFile } from '../keystore/passphrase.ts';
import { type L1KeyOptions, l1PrivateKey, withDev, withJson, withL1Key } from './context.ts';
import { checkWritable } from './outFile.ts';
import { guarded, type OutputOptions } from './output.ts';
import { address } from './parsers.ts';
import {
  openRegistry,
  type RegistryOptions,
  type SignerOptions,
  signerAccount,
  withRegistry,
  withSigner,
} from './validatorContext.ts';

interface NewKeystore extends OutputOptions {
  readonly out: string;
  readonly passphraseFile?: string;
}

/** Keys in encrypted files: `keygen`, `import`; and what a signer signs for its owner: `authorize`. */
export function registerValidatorKeys(validator: Command): void {
  withKeystore(validator.command('keygen'))
    .description('make a key for a validator (or any L1 account) in an encrypted keystore')
    .action((options: NewKeystore) => guarded(options, () => create(options, async () => generatePrivateKey())));
  withDev(withL1Key(withKeystore(validator.command('import')), 'is to be encrypted'))
    .description('put an existing L1 key into an encrypted keystore, or a keystore under another passphrase')
    .action((options: NewKeystore & L1KeyOptions) =>
      guarded(options, () => create(options, () => l1PrivateKey(options))),
    );
  withSigner(withRegistry(validator.command('authorize')))
    .description('sign, as the signer, that an owner may register it: for an owner whose key is elsewhere')
    .requiredOption('--owner <address>', 'who stakes and gets the money back', address)
    .action((options: RegistryOptions & SignerOptions & { owner: Hex }, command: Command) =>
      guarded(options, () => authorize(options, command)),
    );
}

function withKeystore(command: Command): Command {
  return withJson(command)
    .requiredOption('--out <file>', 'the keystore; never written over')
    .option('--passphrase-file <file>', 'file with its passphrase (or $ENGRAM_PASSPHRASE_FILE); else it is asked for');
}

async function create({ out, passphraseFile }: NewKeystore, key: () => Promise<Hex>): Promise<object> {
  checkWritable(out);
  const privateKey = await key();
  const from = passphraseFile ?? process.env.ENGRAM_PASSPHRASE_FILE;
  writeKeystore(out, privateKey, from === undefined ? await promptNewPassphrase() : readPassphraseFile(from));
  return { address: privateKeyToAddress(privateKey), keystore: out };
}

async function authorize(options: RegistryOptions & SignerOptions & { owner: Hex }, command: Command): Promise<object> {
  const { registry } = await openRegistry(options, command);
  const signer = await signerAccount(options);
  const signature = await signer.signTypedData(registrationTypedData(registry.registrationDomain, options.owner));
  return { signer: signer.address, owner: options.owner, registry: registry.address, signature };
}
