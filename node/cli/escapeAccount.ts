import { BridgeError } from '../../bridge/client/errors.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { RollupClient } from '../../bridge/client/rollupClient.ts';
import { controllerOf } from '../../protocol/account.ts';
import type { AccountTree } from '../../protocol/tree.ts';
import { type Account, type AccountIndex, Kind } from '../../protocol/types.ts';
import { controlledAccounts } from '../../sdk/recovery/controlledAccounts.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { type ProveAccount, withAccountProver } from './accountProver.ts';
import { CliError, Exit, progress } from './output.ts';
import { rebuildProvenTree } from './rebuild.ts';

const KIND_NAMES: Readonly<Record<Account['kind'], string>> = {
  [Kind.KEY]: 'key',
  [Kind.CHANNEL]: 'channel',
  [Kind.ATTEST]: 'attestation',
};

interface Dependencies {
  readonly rollup: RollupClient;
}

interface ProverOptions {
  readonly cacheDir?: string | undefined;
}

/**
 * One account leaves a frozen rollup: state from L1, proof of its leaf (and of its controller's, for a channel or an attestation),
 * `escape` on L1. The controller's Ethereum address withdraws afterwards.
 * @throws CliError NOT_FROZEN, UNKNOWN_ACCOUNT; BridgeError AlreadyEscaped
 */
export async function escapeAccount(
  { index, ...options }: ProverOptions & { readonly index: AccountIndex },
  { rollup }: Dependencies,
): Promise<object> {
  await requireFrozen(rollup);
  const { tree, batch } = await rebuilt(rollup);
  return withAccountProver(options, { tree }, async (prove) => ({
    batch,
    ...(await escapeOne(index, { tree, rollup, prove })),
  }));
}

/**
 * Everything whose controller's Ethereum address is `owner` and that holds something leaves. May be run again after a failure.
 * @throws CliError NOT_FROZEN, NOTHING_TO_ESCAPE
 */
export async function escapeAll(
  { owner, ...options }: ProverOptions & { readonly owner: Hex },
  { rollup }: Dependencies,
): Promise<object> {
  await requireFrozen(rollup);
  const { tree, batch } = await rebuilt(rollup);
  const waiting: AccountIndex[] = [];
  for (const index of controlledAccounts(tree, owner)) {
    if (tree.get(index)?.balance !== 0n && !(await rollup.isEscaped(index))) waiting.push(index);
  }
  if (waiting.length === 0) {
    throw new CliError(Exit.NOT_FOUND, 'NOTHING_TO_ESCAPE', `no account of ${owner} holds anything that has not left`);
  }
  return withAccountProver(options, { tree }, async (prove) => {
    const escaped: object[] = [];
    for (const index of waiting) {
      progress(`account ${index} (${escaped.length + 1} of ${waiting.length})`);
      const done = await escapeOne(index, { tree, rollup, prove }).catch((error: unknown) => {
        // Anyone may help an account out, at any time.
        if (error instanceof BridgeError && error.code === 'AlreadyEscaped') return { index, isEscaped: true };
        throw error;
      });
      escaped.push(done);
    }
    return { batch, owner, escaped };
  });
}

export interface Controlled {
  readonly batch: number;
  readonly owner: Hex;
  readonly accounts: readonly {
    readonly index: AccountIndex;
    readonly kind: string;
    readonly token: number;
    readonly balance: bigint;
    readonly isEscaped: boolean;
  }[];
}

/** What `escapeAll` would find, in the last proven batch. Needs no freeze. */
export async function listControlled(
  { owner }: { readonly owner: Hex },
  { rollup }: { readonly rollup: RollupReader },
): Promise<Controlled> {
  const { tree, batch } = await rebuilt(rollup);
  const accounts: Controlled['accounts'][number][] = [];
  for (const index of controlledAccounts(tree, owner)) {
    const account = tree.get(index);
    if (account === undefined) continue;
    const { kind, token, balance } = account;
    accounts.push({ index, kind: KIND_NAMES[kind], token, balance, isEscaped: await rollup.isEscaped(index) });
  }
  return { batch, owner, accounts };
}

async function escapeOne(
  index: AccountIndex,
  { tree, rollup, prove }: { tree: AccountTree; rollup: RollupClient; prove: ProveAccount },
): Promise<object> {
  const { leaf, proof } = await prove(index);
  const account = tree.get(index);
  if (account === undefined) throw new CliError(Exit.INTERNAL, 'UNKNOWN_ACCOUNT', `account ${index} was just proven`);
  const controller = controllerOf(index, account);
  const receipt = await rollup.escape(leaf, proof, controller === index ? undefined : await prove(controller));
  return {
    index,
    kind: KIND_NAMES[account.kind],
    token: account.token,
    amount: account.balance,
    ...(controller !== index && { controller }),
    l1Transaction: receipt.hash,
    l1Block: receipt.blockNumber,
    gasUsed: receipt.gasUsed,
  };
}

async function requireFrozen(rollup: RollupClient): Promise<void> {
  if ((await rollup.state()).isFrozen) return;
  throw new CliError(Exit.REFUSED, 'NOT_FROZEN', 'the rollup is not frozen: use exit or forced-exit');
}

function rebuilt(rollup: RollupReader) {
  return rebuildProvenTree(rollup, (n, last) => progress(`replaying batch ${n} of ${last}`));
}
