import { createHash } from 'node:crypto';
import { type GossipsubOpts, gossipsub, type TopicValidatorResult } from '@libp2p/gossipsub';
import type { NetworkLimits } from './limits.ts';
import type { Names } from './names.ts';
import { BAN_SCORE } from './scores.ts';
import type { Outcome, Topic } from './types.ts';

/** Looks at a frame as it came: everything about it, its length too, is still to be checked. Never rejects. */
export type GossipValidator = (topic: Topic, frame: Uint8Array, from: string) => Promise<Outcome>;

const ID_BYTES = 20;
/** How long a message is known: nothing travels for longer, and each costs memory. */
const SEEN_MS = 60_000;
/** Queued for one slow peer; it is cut off beyond. */
const OUTBOUND_BYTES = 16 * 1_048_576;

/**
 * Below `gossip` a peer hears no more of what there is, below `publish` it is sent nothing, below `graylist` nothing of it is read: at
 * that score it is banned, and not before, or else it would never sink to it.
 * Addresses that come with gossip are not used: peers are found by peerExchange.ts, which checks them.
 */
const THRESHOLDS = {
  gossipThreshold: -40,
  publishThreshold: -70,
  graylistThreshold: BAN_SCORE,
  acceptPXThreshold: 1_000,
  opportunisticGraftThreshold: 1,
};

/**
 * What a peer is worth to the mesh. Deliveries count for it; that a topic is silent counts against nobody, since nobody knows how much
 * there should be. Rejected messages weigh with their square: -20, -80, -180. How many peers share an address is the gater's business:
 * the nodes of one machine or one NAT are no attack.
 */
const TOPIC_SCORE = {
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1_000,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 0.05,
  firstMessageDeliveriesDecay: 0.99,
  firstMessageDeliveriesCap: 100,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -20,
  invalidMessageDeliveriesDecay: 0.998,
};

/**
 * Unsigned (StrictNoSign): who published is nobody's business and no evidence, since every payload carries the signature that matters;
 * that saves some 170 bytes and an ed25519 check a hop. A message is known by the hash of its topic and bytes, so nobody can send the
 * same again under another id, nor take the id of another.
 */
export function makeGossip(
  options: { names: Names; limits: NetworkLimits },
  hooks: { validate: GossipValidator; appScore(peer: string): number },
): ReturnType<typeof gossipsub> {
  const { names, limits } = options;
  const settings: Partial<GossipsubOpts> = {
    globalSignaturePolicy: 'StrictNoSign',
    fallbackToFloodsub: false,
    emitSelf: false,
    canRelayMessage: false,
    floodPublish: false,
    doPX: false,
    batchPublish: true,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    allowedTopics: new Set(names.topics),
    maxTopicBytesPerPeer: 16 * 1_024,
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    maxInboundDataLength: limits.gossipRpcBytes,
    maxOutboundBufferSize: OUTBOUND_BYTES,
    seenTTL: SEEN_MS,
    msgIdFn: ({ topic, data }) => messageId(topic, data, limits.topicBytes[names.topicOf(topic) ?? 'attestation'] + 1),
    msgIdToStrFn: (id) => Buffer.from(id).toString('base64'),
    scoreThresholds: THRESHOLDS,
    scoreParams: {
      topics: Object.fromEntries(names.topics.map((topic) => [topic, { ...SCORE_DEFAULTS, ...TOPIC_SCORE }])),
      topicScoreCap: 20,
      appSpecificScore: (peer) => hooks.appScore(peer),
      appSpecificWeight: 1,
      IPColocationFactorWeight: 0,
      behaviourPenaltyWeight: -1,
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyDecay: 0.98,
      decayInterval: 1_000,
      decayToZero: 0.01,
      retainScore: 600_000,
    },
  };
  const make = gossipsub(settings);
  return (components) => {
    const pubsub = make(components);
    for (const name of names.topics) {
      const topic = names.topicOf(name);
      if (topic === undefined) continue;
      pubsub.topicValidators.set(name, async (peer, { data }) => {
        // The values of gossipsub's enum are our outcomes.
        return (await hooks.validate(topic, data, peer.toString())) as TopicValidatorResult;
      });
    }
    return pubsub;
  };
}

/** Of one that is too long only the beginning: it is refused anyway, and should cost no more than an honest one. */
function messageId(topic: string, data: Uint8Array, longest: number): Uint8Array {
  const hash = createHash('sha256').update(topic).update('\0');
  if (data.length <= longest) hash.update(data);
  else hash.update(`${data.length}\0`).update(data.subarray(0, longest));
  return hash.digest().subarray(0, ID_BYTES);
}

/** Fields that weigh nothing here but have to be there. */
const SCORE_DEFAULTS = {
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: 1_000,
  meshFailurePenaltyDecay: 0.5,
};
