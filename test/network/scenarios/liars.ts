/** Peers that lie. What is asked each time: the liar is banned, the log says why, memory stays bounded, and the honest go on. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Connection } from '@libp2p/interface';
import { toHex } from 'viem';
import { signDigest } from '../../../chain/wire/signatures.ts';
import type { WireBlock } from '../../../chain/wire/types.ts';
import { devAccount } from '../../../node/devnet/accounts.ts';
import type { NetworkNode } from '../../../node/devnet/network/networkNode.ts';
import type { RequestKind, Topic } from '../../../node/p2p/types.ts';
import { encodeAttestation } from '../../../node/validator/attestation.ts';
import { attestationHasher } from '../../../node/validator/attestationHash.ts';
import { encodeTx } from '../../../protocol/codec/tx.ts';
import { field } from '../../../protocol/field.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import { signTx } from '../../../protocol/tx.ts';
import { transfer } from '../../../sdk/ops.ts';
import { growTogether, headOf } from '../checks.ts';
import { startObserver, wireBlock } from '../liar/observer.ts';
import { bombFrame, falseBlock, noiseFrame, plainFrame } from '../liar/payloads.ts';
import { RawPeer } from '../liar/rawPeer.ts';
import { boundedMemory, untilBanned, untilRefused } from '../liar/victim.ts';
import type { InjectFault, Scenario } from '../scenario.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';

const MIB = 2 ** 20;
const NEVER = 2 ** 40 - 1;
/** Enough that a peer which is not stopped would be noticed. */
const FLOOD = 2_000;
const IDLE = 1_000;
const IDLE_AT_ONCE = 20;
const IDLE_PAUSE_MS = 20;

export const liars: Scenario = {
  name: 'liars',
  seat: 'account',
  isQuick: true,
  run: async (world, fault) => {
    const chainId = chainIdOf(world);
    const victim = world.network.node('validator1');
    const told = new Told(world, { chainId, victim, fault });
    const observer = await startObserver({ chainId, dir: world.network.dataDir });
    const head = async (): Promise<WireBlock> => wireBlock(observer, victim, BigInt(await headOf(victim)));
    const lie = async (privateKey: `0x${string}`) =>
      falseBlock({ head: await head(), domain: world.domain, privateKey });
    try {
      await told.lies('a block whose hash is false, signed by the holder of the seat', 'block', () =>
        lie(devAccount('sequencer').l1Key),
      );
      await told.lies('a block signed by somebody else', 'block', () => lie(toHex(randomBytes(32))));
      await told.lies('an attestation by a key without stake', 'attestation', async () =>
        attestationOf(world, toHex(randomBytes(32))),
      );
      await told.lies('an attestation whose signature is noise', 'attestation', async () => {
        const { batch, commitment } = await provenBatch(world);
        return plainFrame(encodeAttestation({ batch, commitment, signature: Uint8Array.from(randomBytes(65)) }));
      });
      await told.lies('a transaction signed for another chain', 'ledger-tx', async () => foreignTransaction(world));
      await told.lies('messages that are noise', 'evm-tx', async () => noiseFrame(200));
      await told.lies('a message that is too long', 'attestation', async () => noiseFrame(MIB));
      await told.lies('a block that is too long', 'block', async () => noiseFrame(5 * MIB));
      await told.lies('compression bombs', 'block', async () => bombFrame(256 * MIB));
      await told.floods('attestations of batches that nobody knows', 'attestation', (round) =>
        attestationOf(world, world.network.node('validator2').operator?.l1Key ?? '0x', 1_000_000 + round),
      );
      await told.floods('the same few transactions without end', 'ledger-tx', async () => noiseFrame(64));
      await truncatedFrames(told);
      await otherChain(told);
      await idleConnections(told);
    } finally {
      await observer.stop();
    }
  },
};

/** One victim, and liars that come one after the other. */
class Told {
  readonly world: World;
  readonly chainId: string;
  readonly victim: NetworkNode;
  readonly fault: InjectFault;

  constructor(world: World, { chainId, victim, fault }: { chainId: string; victim: NetworkNode; fault: InjectFault }) {
    this.world = world;
    this.chainId = chainId;
    this.victim = victim;
    this.fault = fault;
  }

  /** Says something again and again until it is banned for it. */
  lies(about: string, topic: Topic, frame: (round: number) => Promise<Uint8Array>): Promise<void> {
    return this.withLiar(about, async (liar) => {
      await untilBanned(this.victim, liar, async (round) => void (await liar.publish(topic, await frame(round))));
    });
  }

  /** Says very much; whether it is banned for it or only ignored, it must harm nobody. */
  floods(about: string, topic: Topic, frame: (round: number) => Promise<Uint8Array>): Promise<void> {
    return this.withLiar(`a flood of ${about}`, async (liar) => {
      for (let round = 0; round < FLOOD && liar.isConnected(); round += 1)
        await liar.publish(topic, await frame(round));
    });
  }

  async withLiar(about: string, work: (liar: RawPeer, connection: Connection) => Promise<void>): Promise<void> {
    await this.fault(about, async () => {
      const liar = await RawPeer.start({ chainId: this.chainId });
      try {
        await boundedMemory(this.victim, async () => {
          await work(liar, await liar.connect(this.victim.p2pAddress));
          await growTogether(this.world.nodes);
        });
      } finally {
        await liar.stop();
      }
    });
  }
}

/** Requests that break off in the middle, claim lengths they have not, or are no requests. */
async function truncatedFrames(told: Told): Promise<void> {
  const bodies: readonly Uint8Array[] = [
    Uint8Array.of(0, 0, 0, 20, 0, 0xc2),
    Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0),
    Uint8Array.of(0, 0, 0, 3, 9, 0xc1, 0x80),
    Uint8Array.from(randomBytes(60)),
  ];
  const kinds: readonly RequestKind[] = ['blocks', 'batch', 'snapshot'];
  await told.withLiar('requests with truncated and false frames', async (liar, connection) => {
    await untilBanned(told.victim, liar, async (round) => {
      const stream = await liar.open(connection, kinds[round % kinds.length] ?? 'blocks');
      stream.send(bodies[round % bodies.length] ?? Uint8Array.of());
      await stream.close();
    });
  });
}

/** A node of another deployment: it finds no protocol to speak, and is sent away. */
async function otherChain(told: Told): Promise<void> {
  await told.fault('a peer of another chain', async () => {
    const liar = await RawPeer.start({ chainId: 'ffffffffffffffff' });
    try {
      await liar.dial(told.victim.p2pAddress).catch(() => undefined);
      await untilRefused(told.victim, liar.id);
      await growTogether(told.world.nodes);
    } finally {
      await liar.stop();
    }
  });
}

/** Many connections on which nothing ever comes: they are closed, and nobody is kept out by them for long. */
async function idleConnections(told: Told): Promise<void> {
  await told.fault(`${IDLE} idle connections`, async () => {
    const sockets = new Set<Socket>();
    try {
      await boundedMemory(told.victim, async () => {
        for (let i = 0; i < IDLE; i += 1) {
          const socket = connect(told.victim.p2pPort, '127.0.0.1');
          sockets.add(socket);
          socket.on('error', () => undefined);
          socket.on('close', () => sockets.delete(socket));
          socket.resume();
          if (i % IDLE_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve, IDLE_PAUSE_MS));
        }
        await growTogether(told.world.nodes);
        await until('all of them closed by the node', async () => {
          // the system may have given up one that never got through to the node: this side only learns of it by sending
          for (const socket of sockets) socket.write('?');
          return sockets.size === 0 ? true : undefined;
        });
        await growTogether(told.world.nodes);
      });
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
}

function chainIdOf({ domain }: World): string {
  return domain.toString(16).padStart(64, '0').slice(0, 16);
}

/** The last batch that L1 has proven, and what validators sign of it. */
async function provenBatch({ rollup }: World): Promise<{ batch: number; commitment: bigint }> {
  const proven = await until('a batch is proven', async () => {
    const state = await rollup.state();
    return state.proven.batch === 0 ? undefined : state.proven;
  });
  const { stored } = await rollup.readBatch(proven.batch);
  return { batch: proven.batch, commitment: BigInt(stored.evmCommitment) };
}

async function attestationOf(world: World, privateKey: `0x${string}`, batch?: number): Promise<Uint8Array> {
  const proven = await provenBatch(world);
  const { l1ChainId } = await world.rollup.parameters();
  const digest = attestationHasher({ l1ChainId, evmLane: world.lane.address });
  const about = batch ?? proven.batch;
  const signature = signDigest(digest(about, proven.commitment), privateKey);
  return plainFrame(encodeAttestation({ batch: about, commitment: proven.commitment, signature }));
}

function foreignTransaction(world: World): Uint8Array {
  const account = world.network.accounts.find(({ owner, token }) => owner === 'alice' && token === 0);
  const index = accountIndex(account?.index ?? 1);
  const ops = [transfer({ from: index, to: index, amount: BigInt(Math.floor(Math.random() * 1e9)) })];
  const tx = signTx({ signer: index, nonce: 1_000, validUntil: NEVER, ops }, devAccount('alice').seed, field(12_345n));
  return plainFrame(encodeTx(tx));
}
