import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packState } from '../../protocol/account.ts';
import { R_FIELD } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { AccountTree } from '../../protocol/tree.ts';
import type { Field } from '../../protocol/types.ts';
import { RollupClient } from '../client/rollupClient.ts';
import type { Proof } from '../client/types.ts';
import { NO_EVM } from '../testing/evmBatch.ts';
import { expectError, TEST_L2_CHAIN_ID, TEST_SETTINGS } from '../testing/fixture.ts';
import { TestLedger } from '../testing/ledger.ts';
import { TinyCircuit } from '../testing/tinyCircuit.ts';
import { type Deployment, type DeployOptions, deployRollup, deployWithVerifiers } from './deploy.ts';
import { type LocalL1, localClients, startLocalL1 } from './localL1.ts';

/** BN254's base field: the negative of a point is (x, Q − y). */
const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

let l1: LocalL1;
let batchCircuit: TinyCircuit;
let accountCircuit: TinyCircuit;
let deployment: Deployment;
let client: RollupClient;
let clients: ReturnType<typeof localClients>;
let snapshot: `0x${string}`;

beforeAll(async () => {
  l1 = await startLocalL1();
  clients = localClients(l1);
  batchCircuit = await TinyCircuit.make(3);
  accountCircuit = await TinyCircuit.make(6);
  deployment = await deployRollup(options(), deps());
  client = await RollupClient.open(deployment, deps());
  snapshot = await clients.testClient.snapshot();
});
beforeEach(async () => {
  await clients.testClient.revert({ id: snapshot });
  snapshot = await clients.testClient.snapshot();
});
afterAll(async () => {
  await l1?.stop();
  await accountCircuit?.remove();
  await batchCircuit?.remove();
});

const sequencer = () => l1.accounts[0] ?? expect.unreachable();
const deps = (on = clients) => ({ wallet: on.walletClient(sequencer()), publicClient: on.publicClient });

function options(changes: Partial<DeployOptions> = {}): DeployOptions {
  return {
    l2ChainId: TEST_L2_CHAIN_ID,
    genesisRoot: new AccountTree().root,
    sequencer: sequencer().address,
    batchVerifiers: { small: { verifyingKey: batchCircuit.verifyingKey, keys: 'dev' } },
    accountVerifier: { verifyingKey: accountCircuit.verifyingKey, keys: 'dev' },
    settings: TEST_SETTINGS,
    ...changes,
  };
}

async function warp(seconds: number): Promise<void> {
  const { timestamp } = await clients.publicClient.getBlock();
  await clients.testClient.setNextBlockTimestamp({ timestamp: timestamp + BigInt(seconds) });
  await clients.testClient.mine({ blocks: 1 });
}

async function coded(code: string, act: Promise<unknown>): Promise<void> {
  await expect(act).rejects.toMatchObject({ code });
}

describe('keys', () => {
  it('made from the published secret are refused on a chain that is not local', async () => {
    const elsewhere = await startLocalL1({ chainId: 11155111 });
    try {
      const on = localClients(elsewhere);
      await coded('DEV_KEY_REFUSED', deployRollup(options(), deps(on)));
      // Whatever the label says.
      const labelled = (key: TinyCircuit) => ({ verifyingKey: key.verifyingKey, keys: 'ceremony' }) as const;
      const relabelled = options({
        batchVerifiers: { small: labelled(batchCircuit) },
        accountVerifier: labelled(accountCircuit),
      });
      await coded('DEV_KEY_REFUSED', deployRollup(relabelled, deps(on)));
      expect(await on.publicClient.getBlockNumber()).toBe(0n);
    } finally {
      await elsewhere.stop();
    }
  });

  it('labelled as dev keys are refused there, too', async () => {
    const elsewhere = await startLocalL1({ chainId: 1 });
    const own = await TinyCircuit.make(3, { tau: 11n, alpha: 12n, beta: 13n, gamma: 14n, delta: 15n });
    try {
      const batchVerifiers = { small: { verifyingKey: own.verifyingKey, keys: 'dev' } } as const;
      await coded('DEV_KEY_REFUSED', deployRollup(options({ batchVerifiers }), deps(localClients(elsewhere))));
    } finally {
      await elsewhere.stop();
    }
  });

  it('with gamma = delta are refused everywhere', async () => {
    const forgeable = await TinyCircuit.make(3, { tau: 11n, alpha: 12n, beta: 13n, gamma: 1n, delta: 1n });
    const batchVerifiers = { small: { verifyingKey: forgeable.verifyingKey, keys: 'ceremony' } } as const;
    await coded('GAMMA_EQUALS_DELTA', deployRollup(options({ batchVerifiers }), deps()));
  });

  it('of another circuit are refused by their number of public inputs', async () => {
    const batchVerifiers = { small: { verifyingKey: accountCircuit.verifyingKey, keys: 'dev' } } as const;
    await coded('BAD_VERIFYING_KEY', deployRollup(options({ batchVerifiers }), deps()));
    const accountVerifier = { verifyingKey: batchCircuit.verifyingKey, keys: 'dev' } as const;
    await coded('BAD_VERIFYING_KEY', deployRollup(options({ accountVerifier }), deps()));
    await coded(
      'VKEY_MALFORMED',
      deployRollup(options({ accountVerifier: { verifyingKey: {}, keys: 'dev' } }), deps()),
    );
  });
});

describe('parameters', () => {
  const withSettings = (settings: Partial<typeof TEST_SETTINGS>) =>
    deployRollup(options({ settings: { ...TEST_SETTINGS, ...settings } }), deps());

  it.each<[string, Partial<typeof TEST_SETTINGS>]>([
    ['no grace period', { graceSeconds: 0 }],
    ['no time to prove', { proveDeadlineSeconds: 0 }],
    ['a queue deadline that leaves no time to recover', { queueDeadlineSeconds: 3600 + 7200 }],
    ['a queue deadline beyond 40 bits', { queueDeadlineSeconds: 2 ** 32 }],
    ['batches that must be younger than the grace period', { maxAgeSeconds: 3599 }],
  ])('with %s are refused', (_name, settings) => coded('BadParameters', withSettings(settings)));

  it('with an account for a verifier, a root that is no field element, or no sequencer are refused', async () => {
    const { verifiers, accountVerifier } = deployment;
    const good = { ...options(), verifiers, accountVerifier };
    await coded('BadParameters', deployWithVerifiers({ ...good, verifiers: { small: sequencer().address } }, deps()));
    await coded('BadParameters', deployWithVerifiers({ ...good, verifiers: {} }, deps()));
    await coded('BadParameters', deployWithVerifiers({ ...good, accountVerifier: sequencer().address }, deps()));
    await coded('BadParameters', deployWithVerifiers({ ...good, genesisRoot: R_FIELD as Field }, deps()));
    const nobody = '0x0000000000000000000000000000000000000000';
    await coded('ZeroAddress', deployWithVerifiers({ ...good, sequencer: nobody }, deps()));
  });

  it('are the same domain in another place only by chance: two deployments differ', async () => {
    const { verifiers, accountVerifier } = deployment;
    const second = await deployWithVerifiers({ ...options(), ...{ verifiers, accountVerifier } }, deps());
    expect(second.domain).not.toBe(deployment.domain);
  });
});

describe('real proofs (of a tiny circuit, by the real verifier)', () => {
  async function committed() {
    const { timestamp } = await clients.publicClient.getBlock();
    const entry = await client.depositNew({ token: 0, amount: 1000n, key: actor(1).key });
    const ledger = new TestLedger(deployment.domain);
    const posted = await client.commitBatch(ledger.close({ timestamp: Number(timestamp), queue: [entry] }), NO_EVM);
    const { c, r, y } = posted.stored;
    return { ledger, posted, proof: await batchCircuit.prove([c, r, y]) };
  }

  it('pass for their public inputs and for no others', async () => {
    const { posted, proof } = await committed();
    const { c, r, y } = posted.stored;
    const forged: Proof[] = [
      await batchCircuit.prove([c, r, (y + 1n) % R_FIELD]),
      await batchCircuit.prove([r, c, y]),
      { ...proof, a: [proof.a[0], Q - proof.a[1]] },
      { ...proof, a: [proof.a[0], proof.a[1] + Q] },
      {
        a: [0n, 0n],
        b: [
          [0n, 0n],
          [0n, 0n],
        ],
        c: [0n, 0n],
      },
    ];
    for (const wrong of forged) await expectError('ProofInvalid', client.proveBatches([{ posted, proof: wrong }]));
    await client.proveBatches([{ posted, proof }]);
    expect((await client.state()).proven.batch).toBe(1);
  });

  it('given as other bytes for the same statement move nothing twice', async () => {
    const { posted, proof } = await committed();
    // (−A, −B, C) is as good a proof as (A, B, C).
    const negated = ([im, re]: readonly [bigint, bigint]) => [(Q - im) % Q, (Q - re) % Q] as const;
    const twin: Proof = { ...proof, a: [proof.a[0], Q - proof.a[1]], b: [proof.b[0], negated(proof.b[1])] };
    expect(await client.simulate(client.calls.proveBatches([{ posted, proof: twin }]), client.account)).toBeGreaterThan(
      0n,
    );
    await client.proveBatches([{ posted, proof }]);
    await expectError('BatchOutOfOrder', client.proveBatches([{ posted, proof: twin }]));
  });

  it('need their gas: with less the transaction reverts, and the estimate is not fooled', async () => {
    const { posted, proof } = await committed();
    const call = client.calls.proveBatches([{ posted, proof }]);
    const estimate = await client.simulate(call, client.account);
    expect(estimate).toBeGreaterThan(250_000n);
    for (const gas of [90_000n, 120_000n, 200_000n, estimate - estimate / 10n]) {
      const hash = await deps().wallet.sendTransaction({ ...call, gas });
      expect((await clients.publicClient.waitForTransactionReceipt({ hash })).status).toBe('reverted');
    }
    expect((await client.state()).proven.batch).toBe(0);
    await client.send(call);
  });

  it('open the way out after a freeze', async () => {
    const { ledger, posted, proof } = await committed();
    await client.proveBatches([{ posted, proof }]);
    await client.forcedExit(1);
    await warp(TEST_SETTINGS.queueDeadlineSeconds + 10);
    await client.freeze();
    const account = ledger.tree.get(accountIndex(1)) ?? expect.unreachable();
    const leaf = { index: 1, state: packState(account), a: account.a, b: account.b, c: account.c };
    const inputs = [posted.stored.newRoot, 1n, leaf.state, leaf.a, leaf.b, leaf.c];
    const other = await accountCircuit.prove([...inputs.slice(0, 5), leaf.c + 1n]);
    await expectError('ProofInvalid', client.escape(leaf, other));
    await client.escape(leaf, await accountCircuit.prove(inputs));
    expect(await client.pendingWithdrawal(0, client.account)).toBe(1000n + TEST_SETTINGS.queueFee);
  });
});
