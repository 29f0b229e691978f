/** What liars say that has to do with the chain: signed, and not true, not theirs to say, or not for this chain. */

import { randomBytes } from 'node:crypto';
import { toHex } from 'viem';
import { signDigest } from '../../../chain/wire/signatures.ts';
import { devAccount } from '../../../node/devnet/accounts.ts';
import { encodeAttestation } from '../../../node/validator/attestation.ts';
import { attestationHasher } from '../../../node/validator/attestationHash.ts';
import { encodeTx } from '../../../protocol/codec/tx.ts';
import { field } from '../../../protocol/field.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import { signTx } from '../../../protocol/tx.ts';
import { transfer } from '../../../sdk/ops.ts';
import type { Hex } from '../../../sdk/rpcTypes.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';
import { plainFrame } from './payloads.ts';

const NEVER = 2 ** 40 - 1;

export function randomKey(): Hex {
  return toHex(randomBytes(32));
}

/** The outcome of the last proven batch, or of another one, as this key attests it. */
export async function attestationBy(
  world: World,
  privateKey: Hex,
  { batch, commitment }: { readonly batch?: number; readonly commitment?: bigint } = {},
): Promise<Uint8Array> {
  const proven = await provenBatch(world);
  const about = { batch: batch ?? proven.batch, commitment: commitment ?? proven.commitment };
  const { l1ChainId } = await world.rollup.parameters();
  const digest = attestationHasher({ l1ChainId, evmLane: world.lane.address })(about.batch, about.commitment);
  return plainFrame(encodeAttestation({ ...about, signature: signDigest(digest, privateKey) }));
}

/** One whose signature is no signature. */
export async function noisyAttestation(world: World): Promise<Uint8Array> {
  const signature = Uint8Array.from(randomBytes(65));
  return plainFrame(encodeAttestation({ ...(await provenBatch(world)), signature }));
}

/** A transfer that its owner signed for another deployment. */
export function foreignTransaction(world: World): Uint8Array {
  const account = world.network.accounts.find(({ owner, token }) => owner === 'alice' && token === 0);
  const index = accountIndex(account?.index ?? 1);
  const ops = [transfer({ from: index, to: index, amount: BigInt(Math.floor(Math.random() * 1e9)) })];
  const tx = signTx({ signer: index, nonce: 1_000, validUntil: NEVER, ops }, devAccount('alice').seed, field(12_345n));
  return plainFrame(encodeTx(tx));
}

/** The last batch that L1 has proven, and what validators sign of it. */
export async function provenBatch({ rollup }: World): Promise<{ batch: number; commitment: bigint }> {
  const { batch } = await until('a batch is proven', async () => {
    const { proven } = await rollup.state();
    return proven.batch === 0 ? undefined : proven;
  });
  const { stored } = await rollup.readBatch(batch);
  return { batch, commitment: BigInt(stored.evmCommitment) };
}
