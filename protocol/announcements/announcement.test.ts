import { describe, expect, it } from 'vitest';
import { poseidon } from '../crypto/poseidon.ts';
import { canonicalJson } from '../documents/canonicalJson.ts';
import { documentDomain, signDocument, textHash } from '../documents/signedDocument.ts';
import { computeDomain } from '../domain.ts';
import { accountIndex } from '../ids.ts';
import type { Json } from '../json.ts';
import { actor, TEST_DOMAIN } from '../testing/actors.ts';
import { expectCode } from '../testing/expectCode.ts';
import { SeededRandom } from '../testing/random.ts';
import {
  type Announcement,
  announcementJson,
  type SignedAnnouncement,
  signedAnnouncementJson,
} from './announcement.ts';
import {
  announcementFromJson,
  announcementItem,
  decodeAnnouncement,
  encodeAnnouncement,
  signAnnouncement,
  verifyAnnouncement,
} from './signedAnnouncement.ts';
import { exampleAnnouncement, exampleCapability } from './testing/exampleAnnouncement.ts';

const alice = actor(1);
const signed = signAnnouncement(exampleAnnouncement(), alice.seed, TEST_DOMAIN);
type Members = Readonly<Record<string, Json>>;
const good = announcementJson.encode(exampleAnnouncement()) as Members;
const [capability] = good.capabilities as readonly Members[];

describe('a signed announcement', () => {
  it('travels as one text and comes back as it was', () => {
    const bytes = encodeAnnouncement(signed);
    expect(decodeAnnouncement(bytes)).toEqual(signed);
    expect(encodeAnnouncement(decodeAnnouncement(bytes))).toEqual(bytes);
    expect(announcementFromJson(JSON.parse(new TextDecoder().decode(bytes)))).toEqual(signed);
    expect(verifyAnnouncement(signed, alice.key, TEST_DOMAIN)).toBe(true);
  });

  it('is signed as any document of its purpose', () => {
    const json = announcementJson.encode(exampleAnnouncement());
    const { signature } = signDocument(json, alice.seed, documentDomain(TEST_DOMAIN, 3));
    expect(signature).toEqual(signed.signature);
  });

  it('replayed on another chain, or by another key, is nobody’s', () => {
    const elsewhere = computeDomain({ l1ChainId: 1n, rollup: 5n, l2ChainId: 7001n });
    expect(verifyAnnouncement(signed, alice.key, elsewhere)).toBe(false);
    expect(verifyAnnouncement(signed, actor(2).key, TEST_DOMAIN)).toBe(false);
  });

  it('changed in any member is nobody’s', () => {
    const json = signedAnnouncementJson.encode(signed) as { document: Json; signature: Json };
    const paths = leaves(json.document);
    expect(paths.length).toBe(15);
    const seed = 6;
    const random = new SeededRandom(seed);
    let tried = 0;
    for (const path of paths) {
      for (let i = 0; i < 20; i += 1) {
        const document = changedAt(json.document, path, random);
        const changed = decoded({ ...json, document });
        if (changed === undefined) continue;
        tried += 1;
        expect(verifyAnnouncement(changed, alice.key, TEST_DOMAIN), `${path.join('.')}, seed ${seed}`).toBe(false);
      }
    }
    expect(tried).toBeGreaterThan(100);
  });

  it('without one of its members, or with one more, is refused', () => {
    for (const name of Object.keys(good)) {
      expectCode('MALFORMED_BYTES', () => announcementJson.decode({ ...good, [name]: undefined }));
      const { [name]: _, ...rest } = good;
      expectCode('MALFORMED_BYTES', () => announcementJson.decode(rest));
    }
    expectCode('MALFORMED_BYTES', () => announcementJson.decode({ ...good, discount: 5 }));
    const more = [{ ...capability, discount: 5 }];
    expectCode('MALFORMED_BYTES', () => announcementJson.decode({ ...good, capabilities: more }));
  });
});

describe('exact bytes', () => {
  it('text, hash, message and signature of an example', () => {
    const text = new TextDecoder().decode(encodeAnnouncement(signed));
    expect(text).toBe(
      '{"document":{"agent":9,"capabilities":[{"execution":"12345","model":7,"name":"digits","price":"10000' +
        '00000000","sha256":"0xabababababababababababababababababababababababababababababababab","token":0}],' +
        '"endpoint":"http://127.0.0.1:9100","expiry":1800003600,"name":"digits by alice","owner":3,"peer":"",' +
        '"sequence":1,"service":0,"version":1},"signature":{"r8":["156128136882808838226841616345857093266558' +
        '69142956886175168258230400930249660","15552044472038743355564097686062078094951942066343593937170113' +
        '170979439667314"],"s":"1195332170276727421978993668385199047545632949660281199393899728567818084960"' +
        '}}',
    );
    const document = canonicalJson(announcementJson.encode(signed.announcement));
    expect(text.startsWith(`{"document":${document},"signature":{"r8":[`)).toBe(true);
    expect(textHash(document)).toBe(0x4191bd079dcad76dce35b0818dd625f4f6dc8c0650c5b06d40a868672abf1n);
    expect(announcementItem(signed, alice.key, TEST_DOMAIN).message).toBe(
      poseidon([poseidon([TEST_DOMAIN, 3n]), textHash(document)]),
    );
  });
});

describe('members of an announcement', () => {
  const refusedAs = (code: string, changes: Record<string, unknown>): void => {
    expectCode(code, () => announcementJson.decode({ ...good, ...changes }));
  };
  const refused = (changes: Record<string, unknown>): void => refusedAs('MALFORMED_BYTES', changes);

  it('sequences stay below 2^53', () => {
    expect(announcementJson.decode({ ...good, sequence: 2 ** 53 - 1 }).sequence).toBe(2 ** 53 - 1);
    for (const sequence of [2 ** 53, -1, 1.5, '1', null]) refused({ sequence });
    // in the text itself: JSON.parse would round it to an even number
    const text = new TextDecoder()
      .decode(encodeAnnouncement(signed))
      .replace('"sequence":1', '"sequence":9007199254740993');
    expectCode('MALFORMED_BYTES', () => decodeAnnouncement(new TextEncoder().encode(text)));
  });

  it('agent and owner are accounts, version is 1, expiry has 40 bits', () => {
    refused({ agent: 0 });
    refused({ owner: 0 });
    refusedAs('INDEX_OUT_OF_RANGE', { agent: 2 ** 24 });
    refusedAs('INDEX_OUT_OF_RANGE', { service: 2 ** 24 });
    refused({ version: 2 });
    refused({ expiry: 2 ** 40 });
  });

  it('capabilities: at most 32, prices below 2^96, words canonical, digests in lower case, one spelling of numbers', () => {
    const many = (count: number) => ({ capabilities: Array.from({ length: count }, () => capability) });
    expect(announcementJson.decode({ ...good, ...many(32) }).capabilities.length).toBe(32);
    expect(announcementJson.decode({ ...good, ...many(0) }).capabilities).toEqual([]);
    refused(many(33));
    const one = (changes: Record<string, unknown>) => ({ capabilities: [{ ...capability, ...changes }] });
    refused(one({ price: (2n ** 96n).toString() }));
    refused(one({ price: '007' }));
    refused(one({ price: 7 }));
    refused(one({ sha256: `0x${'AB'.repeat(32)}` }));
    refused(one({ token: 2 ** 16 }));
    refused(one({ model: 0 }));
    refusedAs('WORD_NOT_CANONICAL', one({ execution: (2n ** 255n).toString() }));
  });

  it('names have nothing that does something to a terminal', () => {
    expect(announcementJson.decode({ ...good, name: 'Ünïcode 数字 😀 ' }).name).toBe('Ünïcode 数字 😀 ');
    for (const name of ['\u001b[2J', 'a\nb', 'x\u202egnp', '\u200b', '\ud800', 'x'.repeat(129), 5]) refused({ name });
  });

  it('peers are empty or multiaddresses', () => {
    for (const peer of ['/ip4/192.0.2.1/tcp/7171/p2p/12D3KooW', '/dns4/example.org/tcp/1', '']) {
      expect(announcementJson.decode({ ...good, peer }).peer).toBe(peer);
    }
    for (const peer of ['example.org', '/', '//', '/ip4/1 2', '/x\n', `/${'x'.repeat(256)}`]) refused({ peer });
  });

  it.each([
    'http://127.0.0.1:9100',
    'http://127.0.0.1:9100/',
    'https://models.example.org',
    'https://models.example.org/engram/v2',
    'http://[::1]:9100',
    'http://[2001:db8::1]/x',
  ])('takes the endpoint %s', (endpoint) => {
    expect(announcementJson.decode({ ...good, endpoint }).endpoint).toBe(endpoint);
  });

  it.each([
    ['javascript', 'javascript:alert(1)'],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:text/plain,x'],
    ['another scheme', 'ftp://example.org'],
    ['scheme in upper case', 'HTTP://example.org'],
    ['nothing', ''],
    ['no host', 'http://'],
    ['credentials', 'http://user:secret@example.org'],
    ['a user alone', 'http://example.org@127.0.0.1'],
    ['an empty user', 'http://@127.0.0.1'],
    ['white space before', ' http://example.org'],
    ['white space after', 'http://example.org\n'],
    ['white space inside, which URL drops', 'http://exa\tmple.org'],
    ['a backslash, which URL turns', 'http://example.org\\@127.0.0.1'],
    ['upper case', 'http://Example.org'],
    ['a question', 'http://example.org/?x=1'],
    ['a fragment', 'http://example.org/#x'],
    ['an escape', 'http://example.org/%2e%2e/'],
    ['dots', 'http://example.org/a/../b'],
    ['the default port', 'http://example.org:80'],
    ['the default port of TLS', 'https://example.org:443/'],
    ['port 0', 'http://example.org:0'],
    ['a port too high', 'http://example.org:65536'],
    ['an address in hexadecimal', 'http://0x7f000001'],
    ['an address as one number', 'http://2130706433'],
    ['an address with zeros', 'http://127.0.0.01'],
    ['an address of two parts', 'http://127.1'],
    ['another spelling of ::1', 'http://[0:0:0:0:0:0:0:1]'],
    ['an IPv6 address without brackets', 'http://::1'],
    ['an internationalised name', 'http://xn--bcher-kva.example'],
    ['letters that look like others', 'http://exаmple.org'],
    ['too long', `http://example.org/${'x'.repeat(256)}`],
  ])('refuses an endpoint with %s', (_, endpoint) => {
    refused({ endpoint });
  });
});

describe('the text of an announcement', () => {
  const text = new TextDecoder().decode(encodeAnnouncement(signed));
  const bytesOf = (of: string): Uint8Array => new TextEncoder().encode(of);

  it('has one spelling', () => {
    for (const other of [` ${text}`, `${text}\n`, `\ufeff${text}`, text.replace('"agent":9', '"agent":9,"agent":9')]) {
      expectCode('MALFORMED_BYTES', () => decodeAnnouncement(bytesOf(other)));
    }
    const broken = encodeAnnouncement(signed);
    broken[broken.indexOf('d'.charCodeAt(0))] = 0xff;
    expectCode('MALFORMED_BYTES', () => decodeAnnouncement(broken));
  });

  it('ends at 16 KiB', () => {
    const named = (length: number) => ({ ...exampleCapability, name: '数'.repeat(length) });
    // 32 capabilities with names as long as they may be, in letters of three bytes
    const longest = exampleAnnouncement({ capabilities: Array.from({ length: 32 }, () => named(128)) });
    expectCode('MALFORMED_BYTES', () => signAnnouncement(longest, alice.seed, TEST_DOMAIN));
    const fits = exampleAnnouncement({ capabilities: Array.from({ length: 32 }, () => named(60)) });
    expect(encodeAnnouncement(signAnnouncement(fits, alice.seed, TEST_DOMAIN)).length).toBeLessThan(16_384);
    expectCode('MALFORMED_BYTES', () => decodeAnnouncement(new Uint8Array(16_385)));
  });

  it('what others would refuse is not signed', () => {
    const bad: Announcement = exampleAnnouncement({ endpoint: 'javascript:alert(1)' });
    expectCode('MALFORMED_BYTES', () => signAnnouncement(bad, alice.seed, TEST_DOMAIN));
    const nobody = exampleAnnouncement({ agent: accountIndex(0) });
    expectCode('MALFORMED_BYTES', () => signAnnouncement(nobody, alice.seed, TEST_DOMAIN));
  });
});

type Path = readonly (string | number)[];

/** Paths to everything that is no list or object. */
function leaves(value: Json, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([name, member]) => leaves(member, [...at, name]));
}

function changedAt(value: Json, [name, ...rest]: Path, random: SeededRandom): Json {
  if (name === undefined) return changedLeaf(value, random);
  const copy = Array.isArray(value) ? [...value] : { ...(value as Members) };
  const members = copy as Record<string | number, Json>; // lists have their members under numbers
  members[name] = changedAt(members[name] ?? null, rest, random);
  return copy as Json;
}

/** Another value of the same kind. */
function changedLeaf(value: Json, random: SeededRandom): Json {
  if (typeof value === 'number')
    return value === 1 ? random.int(3) * 2 : random.pick([value + 1, value - 1, 0, random.int(1_000)]);
  if (typeof value !== 'string') return value;
  if (value === '') return '/ip4/192.0.2.1/tcp/1';
  const at = random.int(value.length);
  const letter = random.pick([...'0123456789abcdef']);
  const changed = `${value.slice(0, at)}${letter}${value.slice(at + 1)}`;
  return changed === value ? `${value}0` : changed;
}

/** Undefined: not even an announcement any more, or the same. */
function decoded(json: Json): SignedAnnouncement | undefined {
  try {
    const found = signedAnnouncementJson.decode(json);
    return JSON.stringify(signedAnnouncementJson.encode(found)) ===
      JSON.stringify(signedAnnouncementJson.encode(signed))
      ? undefined
      : found;
  } catch {
    return undefined;
  }
}
