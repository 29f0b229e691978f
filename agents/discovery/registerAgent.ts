import { canonicalJson } from '../../protocol/documents/canonicalJson.ts';
import { type AccountIndex, Subtype } from '../../protocol/types.ts';
import { attest } from '../../sdk/actions/attest.ts';
import type { WriteAndWaitOptions } from '../../sdk/actions/send.ts';
import { required } from '../../sdk/actions/signer.ts';
import { sha256Bytes } from '../../sdk/models/sha256.ts';
import type { AnyClient } from '../../sdk/request.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';

export interface RegisterAgentParameters extends WriteAndWaitOptions {
  readonly name: string;
  /** The service it works for; default none. */
  readonly service?: number;
}

export interface RegisteredAgent {
  readonly hash: Hex;
  readonly index: AccountIndex;
  /** The text whose SHA-256 the ledger commits to. */
  readonly identity: string;
}

/**
 * Who the agent is: what its ATTEST account commits to. Nobody needs the text to deal with it; it shows later that this name was chosen by
 * this key.
 */
export function identityDocument({ name, key }: { readonly name: string; readonly key: Hex }): string {
  return canonicalJson({ key, kind: 'engram.agent', name, version: 1 });
}

/**
 * Registers an agent: an ATTEST account of subtype 4 under the service, whose artefact is its identity document. Resolves once it exists.
 * @throws as `attest`; SdkError NO_ACCOUNT
 */
export async function registerAgent(client: AnyClient, parameters: RegisterAgentParameters): Promise<RegisteredAgent> {
  const { name, service, ...options } = parameters;
  const account = required(options.account);
  const identity = identityDocument({ name, key: account.packedKey });
  const { hash, index } = await attest(client, {
    ...options,
    sha256: sha256Bytes(new TextEncoder().encode(identity)),
    subtype: Subtype.AGENT,
    ...(service !== undefined && service !== 0 && { parent: service }),
  });
  return { hash, index, identity };
}
