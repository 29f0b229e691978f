import { type Attack, resign, setOp } from '../edits.ts';
import type { BatchInputs } from '../forge.ts';
import { alice, createScenario } from '../scenario.ts';

const FINE_TUNE = 3;
const CHANNEL = 4;

/** Changes the terms (`c`) of the account in `slot`, in its op as well, signed again. */
function setTerms(x: BatchInputs, slot: 3 | 4, change: (c: bigint) => bigint): void {
  const words = x.ops[slot - 3] ?? [];
  words[3] = change(words[3] ?? 0n);
  x.cc[slot] = words[3];
  resign(x, 0, alice, 0, 1);
}

const field =
  (offset: bigint, width: bigint, value: bigint) =>
  (c: bigint): bigint =>
    (c & ~(((1n << width) - 1n) << offset)) | (value << offset);

/** Slots of `createScenario`: 0 padding, 1 Alice (1), 2 model (5), 3 fine-tune (20), 4 channel (21). Ops: 0 ATTEST, 1 OPEN. */
const ATTACKS: readonly Attack[] = [
  {
    name: 'attests in another owner’s name',
    rule: /Product/,
    edit: (x) => setTerms(x, FINE_TUNE, field(0n, 32n, 2n)),
  },
  {
    name: 'opens a channel that another one pays for',
    rule: /Product/,
    edit: (x) => setTerms(x, CHANNEL, field(32n, 32n, 2n)),
  },
  {
    name: 'a parent that does not exist',
    rule: /refers\[3\]/,
    edit: (x) => setTerms(x, FINE_TUNE, field(32n, 32n, 8n)),
  },
  {
    name: 'a parent that is an empty leaf in a slot',
    rule: /refers\[3\]/,
    edit: (x) => {
      // the padding slot, moved to index 2: not loaded by anybody else
      x.index[0] = 0n;
      setTerms(x, FINE_TUNE, field(32n, 32n, 0xffffffn));
    },
  },
  {
    name: 'a parent that is a KEY account',
    rule: /refers\[3\]/,
    edit: (x) => setTerms(x, FINE_TUNE, field(32n, 32n, 1n)),
  },
  {
    name: 'its own parent',
    rule: /refers\[3\]/,
    edit: (x) => setTerms(x, FINE_TUNE, field(32n, 32n, 20n)),
  },
  {
    name: 'a parent that is a channel born later',
    rule: /refers\[3\]/,
    edit: (x) => setTerms(x, FINE_TUNE, field(32n, 32n, 21n)),
  },
  {
    name: 'a model that does not exist',
    rule: /refers\[4\]/,
    edit: (x) => setTerms(x, CHANNEL, field(64n, 32n, 8n)),
  },
  {
    name: 'a model that is a KEY account',
    rule: /refers\[4\]/,
    edit: (x) => setTerms(x, CHANNEL, field(64n, 32n, 1n)),
  },
  {
    name: 'a model of another token',
    rule: /refers\[4\]/,
    edit: (x) => {
      x.token[2] = 7n;
      setTerms(x, CHANNEL, field(64n, 32n, 5n));
    },
  },
  {
    name: 'more than the whole as royalty',
    rule: /slot\[3\]\.(bpsBits|royaltyBps)/,
    edit: (x) => setTerms(x, FINE_TUNE, field(64n, 16n, 10_001n)),
  },
  {
    name: 'an owner beyond 24 bits',
    rule: /slot\[3\]/,
    edit: (x) => setTerms(x, FINE_TUNE, (c) => c + (1n << 24n)),
  },
  {
    name: 'terms with bits above the layout of an attestation',
    rule: /slot\[3\]/,
    edit: (x) => setTerms(x, FINE_TUNE, (c) => c + (1n << 96n)),
  },
  {
    name: 'terms with bits above the layout of a channel',
    rule: /slot\[4\]/,
    edit: (x) => setTerms(x, CHANNEL, (c) => c + (1n << 140n)),
  },
  {
    name: 'a provider beyond 24 bits',
    rule: /slot\[4\]/,
    edit: (x) => setTerms(x, CHANNEL, (c) => c + (1n << 31n)),
  },
  {
    name: 'terms beyond 160 bits',
    rule: /slot\[4\]\.cBits/,
    edit: (x) => setTerms(x, CHANNEL, (c) => c + (1n << 200n)),
  },
  {
    name: 'a voucher key off the curve',
    rule: /op\[1\]\.key/,
    edit: (x) => {
      const words = x.ops[1] ?? [];
      words[1] = (words[1] ?? 0n) + 1n;
      x.a[CHANNEL] = words[1];
      resign(x, 0, alice, 0, 1);
    },
  },
  {
    name: 'attests at a taken index',
    rule: /op\[0\]\.move|Product/,
    edit: (x) => {
      setOp(x, 0, { to: 5n });
      resign(x, 0, alice, 0, 1);
    },
  },
  {
    name: 'the channel is born as a KEY account with a voucher key',
    rule: /Product/,
    edit: (x) => {
      x.kind[CHANNEL] = 1n;
    },
  },
  {
    name: 'the attestation says another artefact than the op',
    rule: /Product/,
    edit: (x) => {
      x.a[FINE_TUNE] = 4321n;
    },
  },
  {
    name: 'the channel is born with something claimed',
    rule: /oldLive\[4\]/,
    edit: (x) => {
      x.claimed[CHANNEL] = 5n;
      x.claimedEnd[CHANNEL] = 5n;
    },
  },
  {
    name: 'the channel is born with something claimed at the end only',
    rule: /claimsIn|claimsOut/,
    edit: (x) => {
      x.claimedEnd[CHANNEL] = 5n;
    },
  },
  {
    name: 'a padding signature slot owes a model’s account a royalty out of nothing',
    rule: /sigChannel\[2\]/,
    edit: (x) => {
      x.sigChannel[2] = 20n << 24n;
      x.sigTotal[2] = 1_000_000n;
      x.sigRoyalty[2] = 1_000_000n;
    },
  },
  {
    name: 'a stranger’s account pays for an attestation',
    rule: /op\[0\]|op\[1\]|Product/,
    edit: (x) => setOp(x, 0, { from: 2n }),
  },
];

export const TERMS_ATTACKS: readonly Attack[] = ATTACKS.map((attack) => ({ ...attack, start: createScenario }));
