import { ProtocolError } from '../../protocol/errors.ts';
import type { AttestationView, ChannelView, ClaimView, Origin } from '../../sdk/rpcTypes.ts';
import type { AiBackend } from '../rpc/backend.ts';

const created: Origin = { transaction: `0x${'11'.repeat(32)}`, block: 3n, batch: 2, timestamp: 1_800_000_000 };

function attestation(index: number, parent: number, kind: 'model' | 'dataset'): AttestationView {
  return {
    index,
    kind,
    subtype: kind === 'model' ? 1 : 2,
    owner: 5,
    parent,
    royaltyBps: 500,
    artefact: 7n,
    provenance: 0n,
    token: 0,
    balance: 10n,
    created,
  };
}

/** A data set 20, the model 21 made from it, and two made from that: 22 and 23; from 22 comes 24. */
const LINEAGE = [
  attestation(20, 0, 'dataset'),
  attestation(21, 20, 'model'),
  attestation(22, 21, 'model'),
  attestation(23, 21, 'model'),
  attestation(24, 22, 'model'),
];

export const CHANNEL: ChannelView = {
  index: 30,
  token: 0,
  balance: 900n,
  claimed: 100n,
  claims: 1,
  payer: 5,
  provider: 5,
  model: 21,
  royaltyBps: 500,
  voucherKey: { x: 1n, y: 2n, packed: `0x${'22'.repeat(32)}` },
  expiry: 1_900_000_000,
  claimableUntil: 1_900_086_400,
  isOver: false,
  state: 'open',
  created,
};

const CLAIM: ClaimView = {
  channel: 30,
  total: 100n,
  delta: 100n,
  royalty: 5n,
  fee: 0n,
  receiptsRoot: 9n,
  transaction: created.transaction,
  block: 4n,
  batch: 2,
  timestamp: created.timestamp,
  state: 'proven',
};

/** A family of attestations and one channel, for tests of what is in front of the ledger. */
export const fakeAi: AiBackend = {
  channel: async (index) => (index === CHANNEL.index ? CHANNEL : undefined),
  channels: async (role, of) => (CHANNEL[role] === of ? [CHANNEL] : []),
  attestation: async (index) => LINEAGE.find((one) => one.index === index),
  attestationsOf: async (sha256) => (sha256[0] === 0 ? [] : LINEAGE.slice(1, 2)),
  lineage: async (index) => {
    const [one, two, ...rest] = LINEAGE;
    if (one === undefined || two === undefined || index !== two.index) return undefined;
    return { attestation: two, ancestors: [one], descendants: rest, isTruncated: false };
  },
  claims: async (channel) => (channel === CLAIM.channel ? [CLAIM] : []),
  verifyReceipt: async () => {
    throw new ProtocolError('UNKNOWN_ACCOUNT');
  },
};
