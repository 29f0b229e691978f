/** Real contracts on anvil, real batches by protocol code, the real verifier of account proofs; only batch proofs are a mock's. */
import { type Address, createPublicClient, custom, http, type PublicClient } from 'viem';
import { actor, attest, exit, open, signed, transfer } from '../../../../../protocol/testing/actors.ts';
import type { ClosedBatch, SignedTx } from '../../../../../protocol/types.ts';
import type { PostedBatch, QueueEntry } from '../../../../client/types.ts';
import { accountVerifierCode } from '../../../../testing/accountProofs.ts';
import { NO_EVM } from '../../../../testing/evmBatch.ts';
import { Fixture, TEST_L2_CHAIN_ID, TEST_SETTINGS } from '../../../../testing/fixture.ts';
import { ANY_PROOF, TestLedger } from '../../../../testing/ledger.ts';
import type { ArtifactUrls } from '../artifactFiles.ts';
import type { CoreOptions } from '../recoveryCore.ts';

export const [ALICE, BOB, MODEL, CHANNEL] = [1, 2, 3, 4] as const;
export const FOREVER = 2 ** 40 - 1;

type Request = (method: string, params: unknown) => Promise<unknown>;
/** Answers in place of L1, or by asking it. */
export type Intercept = (method: string, params: unknown, ask: Request) => Promise<unknown>;

export class RecoveryWorld {
  readonly f: Fixture;
  #ledger: TestLedger;
  readonly #closed: ClosedBatch[] = [];
  #kept = 0;

  private constructor(f: Fixture) {
    this.f = f;
    this.#ledger = new TestLedger(f.deployment.domain);
  }

  /** `isMock`: the verifier of account proofs is one, too. */
  static async start({ isMock = false } = {}): Promise<RecoveryWorld> {
    return new RecoveryWorld(await Fixture.start({}, isMock ? {} : { accountVerifier: await accountVerifierCode() }));
  }

  /** Closes, commits and proves a batch. */
  async batch(parts: { queue?: readonly QueueEntry[]; txs?: readonly SignedTx[] }): Promise<PostedBatch> {
    const posted = await this.commit(parts);
    await this.f.bob.proveBatches([{ posted, proof: ANY_PROOF }]);
    return posted;
  }

  /** As `batch` where anybody may: the seat was lost. */
  async submit(parts: { queue?: readonly QueueEntry[]; txs?: readonly SignedTx[] }): Promise<PostedBatch> {
    return this.f.bob.submitProvenBatch(await this.#close(parts), NO_EVM, ANY_PROOF);
  }

  async commit(parts: { queue?: readonly QueueEntry[]; txs?: readonly SignedTx[] }): Promise<PostedBatch> {
    return this.f.sequencer.commitBatch(await this.#close(parts), NO_EVM);
  }

  async #close(parts: { queue?: readonly QueueEntry[]; txs?: readonly SignedTx[] }): Promise<ClosedBatch> {
    const closed = this.#ledger.close({ timestamp: await this.f.now(), shape: 'dev', ...parts });
    this.#closed.push(closed);
    return closed;
  }

  /** Makes the present state the one that `rewind` goes back to. */
  async keep(): Promise<void> {
    await this.f.keep();
    this.#kept = this.#closed.length;
  }

  /** L1 and the ledger as they were; what was built since then was never there. */
  async rewind(): Promise<void> {
    await this.f.reset();
    this.#rebuild(this.#kept);
  }

  /** The last batch was reverted on L1. */
  forgetLast(): void {
    this.#rebuild(this.#closed.length - 1);
  }

  #rebuild(batches: number): void {
    this.#closed.length = batches;
    this.#ledger = new TestLedger(this.f.deployment.domain);
    this.#ledger.replay(this.#closed);
  }

  tx(n: number, nonce: number, ops: Parameters<typeof signed>[1]['ops']): SignedTx {
    return signed(actor(n), { signer: n, nonce, validUntil: FOREVER, ops }, this.f.deployment.domain);
  }

  /** Alice has a model and pays Bob by a channel; both have left in part, Bob by force, and once for nothing. */
  async populate(): Promise<readonly PostedBatch[]> {
    const { f } = this;
    const deposits = [
      await f.alice.depositNew({ token: 0, amount: 10_000n, key: actor(ALICE).key }),
      await f.bob.depositNew({ token: 0, amount: 5_000n, key: actor(BOB).key }),
    ];
    const first = await this.batch({ queue: deposits });
    const terms = { voucherKey: actor(9), expiry: FOREVER - 86_400 };
    const ops = [
      attest(ALICE, MODEL, { amount: 70n }),
      open(ALICE, CHANNEL, { ...terms, provider: BOB, amount: 3_000n }),
      exit(ALICE, BigInt(f.alice.account), 200n),
      exit(ALICE, BigInt(f.bob.account), 11n),
    ];
    const second = await this.batch({ txs: [this.tx(ALICE, 0, ops)] });
    const forced = [await f.bob.forcedExit(BOB), await f.bob.forcedExit(CHANNEL)];
    const third = await this.batch({ queue: forced, txs: [this.tx(ALICE, 1, [transfer(ALICE, BOB, 30n)])] });
    return [first, second, third];
  }

  async freeze(): Promise<void> {
    await this.f.alice.forcedExit(ALICE);
    await this.f.warp(TEST_SETTINGS.queueDeadlineSeconds + 10);
    await this.f.bob.freeze();
  }

  options(artifacts?: ArtifactUrls): CoreOptions {
    const { address, deployedAt } = this.f.deployment;
    const ids = { l1ChainId: 31337, l2ChainId: Number(TEST_L2_CHAIN_ID) };
    return { rollup: address as Address, deployedAt: Number(deployedAt), ...ids, ...(artifacts && { artifacts }) };
  }

  /** A client of L1 through an endpoint that may lie. */
  through(intercept: Intercept): PublicClient {
    const { request } = http(this.f.l1.url)({});
    // The cast: viem types each method by itself.
    const ask: Request = (method, params) => request({ method, params } as never);
    const provider = {
      request: ({ method, params }: { method: string; params?: unknown }) => intercept(method, params, ask),
    };
    return createPublicClient({ transport: custom(provider, { retryCount: 0 }), cacheTime: 0 });
  }
}
