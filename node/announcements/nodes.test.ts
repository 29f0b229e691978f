import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce } from '../../agents/discovery/announce.ts';
import { findProviders } from '../../agents/discovery/findProviders.ts';
import { registerAgent } from '../../agents/discovery/registerAgent.ts';
import { prefixedHex } from '../../protocol/bytes.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import { Subtype } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { createEngramClient, type LedgerClient } from '../../sdk/client.ts';
import { sha256Bytes } from '../../sdk/models/sha256.ts';
import { devAccount } from '../devnet/accounts.ts';
import { SyncWorld, sameChain, until, type WorldNode } from '../sync/testing/world.ts';

/** Whole nodes of one network. The cases follow one another. */
const account = ledgerAccount({ seed: devAccount('alice').seed });
const weights = sha256Bytes(new TextEncoder().encode('weights'));

let world: SyncWorld;
let first: WorldNode;
let second: WorldNode;
let agent: AccountIndex;
let model: AccountIndex;

const clientOf = ({ node }: WorldNode): Promise<LedgerClient> => createEngramClient({ rpcUrl: node.rpcUrl, account });
const offers = async (node: WorldNode) => findProviders(await clientOf(node));

/** Announces an answer's price at a node. */
async function tell(node: WorldNode, price: bigint): Promise<void> {
  const client = await clientOf(node);
  const { owner } = await client.getAttestation(agent);
  const execution = 5n as Field; // a small word
  await announce(client, {
    account,
    document: {
      agent,
      owner: owner as AccountIndex, // of a live account's terms
      name: 'alice',
      endpoint: 'http://127.0.0.1:9100',
      capabilities: [{ execution, model, name: 'digits', price, sha256: prefixedHex(weights), token: 0 }],
    },
  });
}

beforeAll(async () => {
  world = await SyncWorld.start();
  first = await world.node({ peers: [] });
  await world.fund(first);
  second = await world.node({ key: null, peers: [first] });
  const client = await clientOf(first);
  model = (await client.attest({ sha256: weights, subtype: Subtype.MODEL })).index;
  agent = (await registerAgent(client, { account, name: 'alice' })).index;
  await sameChain(first, second);
});
afterAll(() => world.stop());

describe('announcements in a network', () => {
  it('told to one node, found at another', async () => {
    await tell(second, 700n);
    // Gossip may not reach the other yet; then a newer one does.
    let toldMs = Date.now();
    await until(async () => {
      if ((await offers(first)).length > 0) return true;
      if (Date.now() - toldMs > 3_000) {
        await tell(second, 700n);
        toldMs = Date.now();
      }
      return undefined;
    });
    expect((await offers(first)).map(({ capability }) => capability.price)).toEqual([700n]);
  });

  it('a node that joins later, or comes back, has them too', async () => {
    const third = await world.node({ key: null, peers: [second] });
    await sameChain(first, third);
    await until(async () => ((await offers(third)).length > 0 ? true : undefined));
    expect((await offers(third)).map((offer) => offer.agent)).toEqual([agent]);
    await third.stop();
  });
});
