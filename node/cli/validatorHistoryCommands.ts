import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { toHex } from 'viem';
import { Reader } from '../../bridge/client/rollupReader.ts';
import { type Db, openLevel } from '../../chain/db.ts';
import { EvidenceBook, evidenceFile, parseEvidence } from '../validator/evidence.ts';
import { recordFolder } from '../validator/recordDb.ts';
import { exportHistory, importHistory, parseHistory, type SigningHistory } from '../validator/signingHistory.ts';
import { l1Account } from './context.ts';
import { checkWritable } from './outFile.ts';
import { CliError, Exit, guarded } from './output.ts';
import { count } from './parsers.ts';
import {
  openRegistry,
  type RegistryOptions,
  type SignerOptions,
  sendToRegistry,
  signerAddress,
  withRegistry,
  withSigner,
} from './validatorContext.ts';
import { view } from './validatorViews.ts';

interface HistoryOptions extends RegistryOptions {
  readonly dataDir: string;
}

/** What a key has signed, as a file; and what others should not have signed. */
export function registerValidatorHistory(validator: Command): void {
  const history = validator
    .command('history')
    .description('the record of what a key signed: take it along when a validator moves, or its stake is at risk');
  withData(history.command('export'))
    .description('write the record to a file; the node must have been stopped, and must never run with this key again')
    .requiredOption('--out <file>', 'the file; never written over')
    .action((options: HistoryOptions & { out: string }, command: Command) =>
      guarded(options, () => exportTo(options, command), view),
    );
  withData(history.command('import'))
    .description('add a file’s record to a node’s, before it is started with the key')
    .argument('<file>', 'written by history export')
    .action((file: string, options: HistoryOptions, command: Command) =>
      guarded(options, () => importFrom(file, options, command), view),
    );
  withSigner(withData(history.command('floor')))
    .description('sign nothing up to the newest batch on L1: for a key whose record was lost')
    .option('--batch <n>', 'or up to this batch', count)
    .action((options: FloorOptions, command: Command) => guarded(options, () => raiseFloor(options, command), view));
  withData(validator.command('evidence'))
    .description('write the evidence that a stopped node has against validators who signed twice, one file each')
    .requiredOption('--out <dir>', 'folder for the files')
    .action((options: HistoryOptions & { out: string }, command: Command) =>
      guarded(options, () => writeEvidence(options, command), view),
    );
  withRegistry(validator.command('slash'))
    .description('bring evidence of two signatures to L1; the sender gets a tenth of the stake')
    .requiredOption('--evidence <file>', 'as a node writes it')
    .action((options: RegistryOptions & { evidence: string }, command: Command) =>
      guarded(options, () => slash(options, command), view),
    );
}

function withData(command: Command): Command {
  return withRegistry(command).addOption(
    new Option('--data-dir <dir>', 'the node’s folder (data.dir)').env('ENGRAM_DATA_DIR').default('./data'),
  );
}

async function exportTo(options: HistoryOptions & { out: string }, command: Command): Promise<object> {
  const { attestationDomain } = await openRegistry(options, command);
  checkWritable(options.out);
  return withDb(options, { isNew: false }, async (db) => {
    const history = await exportHistory(attestationDomain, { db });
    writeNew(options.out, history);
    const signers = history.signers.map(({ signer, signed }) => `${signer} (${signed.length} batches)`);
    return { file: options.out, signers, advice: 'never start a node on this folder with the key again' };
  });
}

async function importFrom(file: string, options: HistoryOptions, command: Command): Promise<object> {
  const { attestationDomain } = await openRegistry(options, command);
  const history = parseHistory(read(file));
  const imported = await withDb(options, { isNew: true }, (db) => importHistory(history, attestationDomain, { db }));
  const [conflict] = imported.conflicts;
  if (conflict !== undefined) {
    const message = `${conflict.signer} has signed batch ${conflict.batch} both here and there: it can be slashed already`;
    throw new CliError(Exit.REFUSED, 'HAS_EQUIVOCATED', message);
  }
  return { signers: imported.signers, added: imported.added };
}

interface FloorOptions extends HistoryOptions, SignerOptions {
  readonly batch?: number;
}

/** Whatever the key signed before, it signs no second time: only batches that L1 does not have yet. */
async function raiseFloor(options: FloorOptions, command: Command): Promise<object> {
  const { attestationDomain, parameters, publicClient } = await openRegistry(options, command);
  const { l1ChainId, evmLane } = attestationDomain;
  const rollup = await Reader.connect({ address: parameters.rollup, deployedAt: 0n }, publicClient);
  const batch = options.batch ?? (await rollup.state()).committed.batch;
  const signer = await signerAddress(options);
  const domain = { l1ChainId: String(l1ChainId), evmLane: evmLane.toLowerCase() };
  const history: SigningHistory = { version: 1, ...domain, signers: [{ signer, floor: batch, signed: [] }] };
  await withDb(options, { isNew: true }, (db) => importHistory(history, attestationDomain, { db }));
  return { signer, signsFrom: batch + 1 };
}

async function writeEvidence(options: HistoryOptions & { out: string }, command: Command): Promise<object> {
  const { attestationDomain: domain } = await openRegistry(options, command);
  checkWritable(join(options.out, 'x'));
  return withDb(options, { isNew: false }, async (db) => {
    const all = (await EvidenceBook.load(domain, { db })).all();
    const files = all.map(({ equivocation }) => {
      const file = join(options.out, `equivocation-${equivocation.signer}.json`);
      writeNew(file, evidenceFile(domain, equivocation));
      return file;
    });
    return { files };
  });
}

async function slash(options: RegistryOptions & { evidence: string }, command: Command): Promise<object> {
  const open = await openRegistry(options, command);
  const { signer, batch, first, second } = parseEvidence(open.attestationDomain, read(options.evidence));
  const statement = ({ commitment, signature }: typeof first) => ({ commitment, signature: toHex(signature) });
  const call = open.registry.calls.slash({ batch, first: statement(first), second: statement(second) });
  const sent = await sendToRegistry(call, await l1Account(options), open);
  return { signer, batch, ...sent };
}

/** The node's own record: locked while it runs. @throws CliError NO_DATA; ChainError STORE_UNAVAILABLE */
async function withDb<T>(
  { dataDir }: HistoryOptions,
  { isNew }: { readonly isNew: boolean },
  work: (db: Db) => Promise<T>,
): Promise<T> {
  const path = recordFolder(dataDir);
  if (!isNew && !existsSync(join(path, 'CURRENT'))) {
    throw new CliError(Exit.NOT_FOUND, 'NO_DATA', `${dataDir} is no folder of a node`);
  }
  const db = await openLevel(path);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

/** @throws CliError BAD_FILE */
function writeNew(file: string, content: object): void {
  try {
    writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'BAD_FILE', `${file} exists or cannot be written`, { cause });
  }
}

/** @throws CliError BAD_FILE */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'BAD_FILE', `${file} cannot be read`, { cause });
  }
}
