/** The EVM lane's side of a contract test: an outbox, outcomes of batches, and people who sign for them. */
import type { PrivateKeyAccount } from 'viem/accounts';
import { type OutboxLeaf, OutboxTree } from '../../genesis/predeploys/outbox.ts';
import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { EvmOutput } from '../../protocol/lane/types.ts';
import { actor, exit, signed } from '../../protocol/testing/actors.ts';
import type { SignedTx } from '../../protocol/types.ts';
import { attestationTypedData } from '../client/attestation.ts';
import { EvmLaneClient, type EvmLaneReceipt } from '../client/evmLaneClient.ts';
import type { Address, Hex, PostedBatch, QueueEntry } from '../client/types.ts';
import { NO_OUTPUT } from './evmBatch.ts';
import type { Fixture } from './fixture.ts';
import { ANY_PROOF, TestLedger } from './ledger.ts';

/** A posted batch and what it came to in the EVM lane. */
export interface Outcome {
  readonly posted: PostedBatch;
  readonly output: EvmOutput;
}

interface Parts {
  readonly queue?: readonly QueueEntry[];
  readonly txs?: readonly SignedTx[];
  readonly data?: Uint8Array;
}

export class LaneWorld {
  readonly f: Fixture;
  readonly ledger: TestLedger;
  readonly outbox = new OutboxTree();
  readonly alice: EvmLaneClient;
  readonly bob: EvmLaneClient;
  readonly address: Address;
  readonly #nonces = new Map<number, number>();
  readonly #leaves: OutboxLeaf[] = [];

  private constructor(f: Fixture, parts: { ledger: TestLedger; people: readonly [EvmLaneClient, EvmLaneClient] }) {
    this.f = f;
    this.ledger = parts.ledger;
    [this.alice, this.bob] = parts.people;
    this.address = this.alice.address;
  }

  /** `ledger`: absent if nothing is committed yet. `evmLane`: another one than the deployment's. */
  static async open(f: Fixture, parts: { ledger?: TestLedger; evmLane?: Address } = {}): Promise<LaneWorld> {
    const { ledger = new TestLedger(f.deployment.domain), evmLane = f.deployment.evmLane } = parts;
    const { publicClient } = f.clients;
    const { address: rollup, deployedAt } = f.deployment;
    const [, , alice, bob] = f.l1.accounts;
    if (alice === undefined || bob === undefined) throw new RangeError('too few accounts');
    const client = (account: PrivateKeyAccount) => {
      const options = { address: evmLane, deployedAt, rollup };
      return EvmLaneClient.open(options, { publicClient, wallet: f.clients.walletClient(account) });
    };
    return new LaneWorld(f, { ledger, people: [await client(alice), await client(bob)] });
  }

  get leaves(): readonly OutboxLeaf[] {
    return this.#leaves;
  }

  /** Somebody withdraws in the EVM lane. Default: ETH to Alice on L1. */
  withdraw(parts: Partial<OutboxLeaf> & Pick<OutboxLeaf, 'amount'>): OutboxLeaf {
    const people = { sender: `0x${'5e'.repeat(20)}`, recipient: lower(this.alice.account) } as const;
    const leaf = { ...people, token: 0, account: 0, ...parts, index: this.outbox.count };
    const clean = { ...leaf, sender: lower(leaf.sender), recipient: lower(leaf.recipient) };
    this.outbox.append(clean);
    this.#leaves.push(clean);
    return clean;
  }

  /** An account of Alice's in the ledger, in the next batch. */
  deposit(amount: bigint, token = 0): Promise<QueueEntry> {
    return this.f.alice.depositNew({ token, amount, key: actor(1).key });
  }

  /** Moves money from a ledger account to the lane. */
  exit(account: number, amount: bigint): SignedTx {
    const nonce = this.#nonces.get(account) ?? 0;
    this.#nonces.set(account, nonce + 1);
    return signed(actor(1), { signer: account, nonce, ops: [exit(account, BigInt(this.address), amount)] });
  }

  /** Commits the next batch with the outbox as it is. */
  async commit(parts: Parts = {}): Promise<Outcome> {
    const { closed, evm } = await this.#close(parts);
    return { posted: await this.f.sequencer.commitBatch(closed, evm), output: evm.output };
  }

  /** The same on the open path, proven at once. */
  async submit(parts: Parts = {}): Promise<Outcome> {
    const { closed, evm } = await this.#close(parts);
    return { posted: await this.f.bob.submitProvenBatch(closed, evm, ANY_PROOF), output: evm.output };
  }

  async prove(parts: Parts = {}): Promise<Outcome> {
    const outcome = await this.commit(parts);
    await this.f.bob.proveBatches([{ posted: outcome.posted, proof: ANY_PROOF }]);
    return outcome;
  }

  /** Signatures for a batch; `signers` by their position among the attestors, default: all. */
  sign({ posted }: Outcome, signers: readonly number[] = [0, 1, 2]): Promise<Hex[]> {
    const { attestationDomain } = this.alice;
    const data = attestationTypedData(attestationDomain, posted.number, posted.header.evmCommitment);
    return Promise.all(
      signers.map((i) => {
        const attestor = this.f.attestors[i];
        if (attestor === undefined) throw new RangeError(`attestor ${i}`);
        return attestor.signTypedData(data);
      }),
    );
  }

  async attest(outcome: Outcome, signers?: readonly number[]): Promise<EvmLaneReceipt> {
    return this.bob.attest({ ...outcome, signatures: await this.sign(outcome, signers) });
  }

  /** Proves and attests the outbox as it is. */
  async settle(parts: Parts = {}): Promise<Outcome> {
    const outcome = await this.prove(parts);
    await this.attest(outcome);
    return outcome;
  }

  claim(leaf: OutboxLeaf, by: EvmLaneClient = this.bob): Promise<EvmLaneReceipt> {
    return by.claim(leaf, this.outbox.proof(leaf.index));
  }

  async #close({ queue = [], txs = [], data = new Uint8Array() }: Parts) {
    const evm = evmBatchOf({ ...NO_OUTPUT, outboxRoot: this.outbox.root, outboxCount: this.outbox.count }, data);
    const timestamp = await this.f.now();
    return { closed: this.ledger.close({ timestamp, shape: 'dev', queue, txs, evmCommitment: evm.commitment }), evm };
  }
}

export function lower(address: Address): Address {
  return address.toLowerCase() as Address; // still an address
}
