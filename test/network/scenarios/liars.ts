/** Peers that lie. What is asked each time: the liar is banned or refused, the log says why, memory stays bounded, and the honest go on. */
import { randomBytes } from 'node:crypto';
import type { Connection } from '@libp2p/interface';
import { devAccount } from '../../../node/devnet/accounts.ts';
import type { NetworkNode } from '../../../node/devnet/network/networkNode.ts';
import type { RequestKind, Topic } from '../../../node/p2p/types.ts';
import type { Hex } from '../../../sdk/rpcTypes.ts';
import { growTogether, headOf } from '../checks.ts';
import { openIdly } from '../liar/idleSockets.ts';
import { startObserver, wireBlock } from '../liar/observer.ts';
import { bombFrame, falseBlock, noiseFrame } from '../liar/payloads.ts';
import { RawPeer } from '../liar/rawPeer.ts';
import { attestationBy, foreignTransaction, noisyAttestation, randomKey } from '../liar/statements.ts';
import { boundedMemory, untilBanned, untilRefused } from '../liar/victim.ts';
import type { InjectFault, Scenario } from '../scenario.ts';
import type { World } from '../world.ts';

const MIB = 2 ** 20;
/** Enough that a peer which is not stopped would be noticed. */
const FLOOD = 2_000;
const IDLE = 1_000;
const LONG = { isLong: true } as const;

interface Lie {
  readonly about: string;
  readonly topic: Topic;
  /** Said again and again. */
  readonly frame: (round: number) => Promise<Uint8Array> | Uint8Array;
  readonly isLong: boolean;
}

export const liars: Scenario = {
  name: 'liars',
  seat: 'account',
  isQuick: true,
  run: async (world, fault) => {
    const victim = world.network.node('validator1');
    const stage: Stage = { world, victim, fault };
    const observer = await startObserver({ chainId: world.networkId, dir: world.network.dataDir });
    const lie = async (privateKey: Hex): Promise<Uint8Array> => {
      const head = await wireBlock(observer, victim, BigInt(await headOf(victim)));
      return falseBlock({ head, domain: world.domain, privateKey });
    };
    try {
      for (const said of lies(world, lie)) await untilItIsBanned(said, stage);
      for (const said of floods(world)) await untilItIsOver(said, stage);
      await truncatedFrames(stage);
      await otherChain(stage);
      await idleConnections(stage);
    } finally {
      await observer.stop();
    }
  },
};

function lies(world: World, lie: (privateKey: Hex) => Promise<Uint8Array>): readonly Lie[] {
  const seat = devAccount('sequencer').l1Key;
  return [
    { about: 'a false block by the holder of the seat', topic: 'block', frame: () => lie(seat), isLong: false },
    { about: 'a block by somebody else', topic: 'block', frame: () => lie(randomKey()), isLong: false },
    {
      about: 'an attestation by a key without stake',
      topic: 'attestation',
      frame: () => attestationBy(world, randomKey()),
      isLong: false,
    },
    {
      about: 'an attestation whose signature is noise',
      topic: 'attestation',
      frame: () => noisyAttestation(world),
      isLong: true,
    },
    {
      about: 'a transaction signed for another chain',
      topic: 'ledger-tx',
      frame: () => foreignTransaction(world),
      isLong: true,
    },
    { about: 'messages that are noise', topic: 'evm-tx', frame: () => noiseFrame(200), isLong: true },
    { about: 'a message that is too long', topic: 'attestation', frame: () => noiseFrame(MIB), isLong: true },
    { about: 'a block that is too long', topic: 'block', frame: () => noiseFrame(5 * MIB), isLong: false },
    { about: 'compression bombs', topic: 'block', frame: () => bombFrame(256 * MIB), isLong: false },
  ];
}

function floods(world: World): readonly Lie[] {
  const staked = world.network.node('validator2').operator?.l1Key ?? randomKey();
  return [
    {
      about: 'a flood of attestations of batches that nobody knows',
      topic: 'attestation',
      frame: (round) => attestationBy(world, staked, { batch: 1_000_000 + round }),
      isLong: true,
    },
    { about: 'a flood of noise', topic: 'ledger-tx', frame: () => noiseFrame(64), isLong: true },
  ];
}

interface Stage {
  readonly world: World;
  readonly victim: NetworkNode;
  readonly fault: InjectFault;
}

async function untilItIsBanned({ about, topic, frame, isLong }: Lie, stage: Stage): Promise<void> {
  await withLiar(stage, { about, isLong }, async (liar) => {
    await untilBanned(stage.victim, liar, async (round) => void (await liar.publish(topic, await frame(round))));
  });
}

/** Says very much; whether it is banned for it or only ignored, it must harm nobody. */
async function untilItIsOver({ about, topic, frame, isLong }: Lie, stage: Stage): Promise<void> {
  await withLiar(stage, { about, isLong }, async (liar) => {
    for (let round = 0; round < FLOOD && liar.isConnected(); round += 1) await liar.publish(topic, await frame(round));
  });
}

async function withLiar(
  { world, victim, fault }: Stage,
  { about, isLong }: { about: string; isLong: boolean },
  work: (liar: RawPeer, connection: Connection) => Promise<void>,
): Promise<void> {
  const inject = async (): Promise<void> => {
    const liar = await RawPeer.start({ chainId: world.networkId });
    try {
      await boundedMemory(victim, async () => {
        await work(liar, await liar.connect(victim.p2pAddress));
        await growTogether(world.nodes);
      });
    } finally {
      await liar.stop();
    }
  };
  await fault(about, inject, { isLong });
}

/** Requests that break off in the middle, claim lengths they have not, or are no requests. */
async function truncatedFrames(stage: Stage): Promise<void> {
  const bodies: readonly Uint8Array[] = [
    Uint8Array.of(0, 0, 0, 20, 0, 0xc2),
    Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0),
    Uint8Array.of(0, 0, 0, 3, 9, 0xc1, 0x80),
    Uint8Array.from(randomBytes(60)),
  ];
  const kinds: readonly RequestKind[] = ['blocks', 'batch', 'snapshot'];
  const about = { about: 'requests with truncated and false frames', isLong: false };
  await withLiar(stage, about, async (liar, connection) => {
    await untilBanned(stage.victim, liar, async (round) => {
      const stream = await liar.open(connection, kinds[round % kinds.length] ?? 'blocks');
      stream.send(bodies[round % bodies.length] ?? Uint8Array.of());
      await stream.close();
    });
  });
}

/** A node of another deployment: it finds no protocol to speak, and is sent away. */
async function otherChain({ world, victim, fault }: Stage): Promise<void> {
  const inject = async (): Promise<void> => {
    const liar = await RawPeer.start({ chainId: 'ffffffffffffffff' });
    try {
      await liar.dial(victim.p2pAddress).catch(() => undefined);
      await untilRefused(victim, liar.id);
      await growTogether(world.nodes);
    } finally {
      await liar.stop();
    }
  };
  await fault('a peer of another chain', inject, LONG);
}

/** Many connections on which nothing ever comes: they are closed, and nobody is kept out by them for long. */
async function idleConnections({ world, victim, fault }: Stage): Promise<void> {
  const inject = async (): Promise<void> => {
    await boundedMemory(victim, async () => {
      const idle = await openIdly(victim.p2pPort, IDLE);
      try {
        await growTogether(world.nodes);
        await idle.closed();
      } finally {
        idle.stop();
      }
      await growTogether(world.nodes);
    });
  };
  await fault(`${IDLE} idle connections`, inject, LONG);
}
