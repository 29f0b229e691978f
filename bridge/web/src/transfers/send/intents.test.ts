import { describe, expect, it } from 'vitest';
import { MemoryStorage } from '../testing/memoryBrowser.ts';
import type { Intent } from '../types.ts';
import { Intents, intentsIn, keyOf, newIntentId } from './intents.ts';

const OWNER = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const DEPLOYMENT = { l1ChainId: 1, rollup: '0x5FbDB2315678afecb367f032d93F642f64180aa3' } as const;
const NAME = 'engram.intents.1.0x5fbdb2315678afecb367f032d93f642f64180aa3';

const intent = (more: Partial<Intent> = {}): Intent => ({
  ...{ id: newIntentId(), kind: 'deposit', owner: OWNER, token: 0, amount: 2n ** 95n, at: 1_700_000_000 },
  ...{ state: 'asking', chain: 'l1', nonce: 3 },
  ...more,
});

describe('intents', () => {
  it('come back after a reload, as they were', () => {
    const storage = new MemoryStorage();
    const full = intent({
      ...{ account: 7, recipient: OWNER, hash: `0x${'ab'.repeat(32)}`, raw: '0x0102', target: '12', state: 'sent' },
      trouble: { code: 'REPLACED' },
    });
    new Intents(storage, DEPLOYMENT).put(full);
    expect(new Intents(storage, DEPLOYMENT).of(OWNER.toLowerCase() as typeof OWNER)).toEqual([full]);
    expect(new Intents(storage, { ...DEPLOYMENT, l1ChainId: 2 }).of(OWNER)).toEqual([]);
    expect(new Intents(storage, DEPLOYMENT).of(DEPLOYMENT.rollup)).toEqual([]);
  });

  it('of other tabs are seen, and gone when another tab forgets them', () => {
    const storage = new MemoryStorage();
    const [one, two] = [new Intents(storage, DEPLOYMENT), new Intents(storage, DEPLOYMENT)];
    const mine = intent();
    one.put(mine);
    expect(two.of(OWNER)).toEqual([mine]);
    two.put(intent({ at: 1 }));
    expect(one.of(OWNER)).toHaveLength(2);
    two.remove(mine.id);
    expect(one.of(OWNER).map(({ at }) => at)).toEqual([1]);
  });

  it.each(['isFull', 'isDisabled'] as const)('are known to the page if storage is refused (%s)', (how) => {
    const storage = new MemoryStorage();
    storage[how] = true;
    const intents = new Intents(storage, DEPLOYMENT);
    expect(intents.isKept).toBe(false);
    const mine = intent();
    intents.put(mine);
    expect(intents.of(OWNER)).toEqual([mine]);
    intents.put({ ...mine, state: 'lost' });
    expect(intents.get(mine.id)?.state).toBe('lost');
    intents.remove(mine.id);
    expect(intents.of(OWNER)).toEqual([]);
  });

  it('that storage stops taking or letting go of are told apart from what it has', () => {
    const storage = new MemoryStorage();
    const intents = new Intents(storage, DEPLOYMENT);
    const [first, second] = [intent({ at: 1 }), intent({ at: 2 })];
    intents.put(first);
    expect(intents.isKept).toBe(true);
    storage.isFull = true;
    intents.put(second);
    expect(intents.isKept).toBe(false);
    expect(intents.of(OWNER)).toEqual([first, second]);
    intents.remove(first.id);
    expect(intents.of(OWNER)).toEqual([second]);
  });

  it.each([
    'not json',
    'null',
    '[]',
    '{"version":2,"intents":[{}]}',
    '{"version":1,"intents":{}}',
    '{"version":1,"intents":[null,7,"x",{},{"id":"zz"},[]]}',
    `{"version":1,"intents":"${'x'.repeat(300_000)}"}`,
    '{"__proto__":{"version":1}}',
  ])('are none in %.40s', (text) => {
    const storage = new MemoryStorage();
    storage.entries.set(NAME, text);
    const intents = new Intents(storage, DEPLOYMENT);
    expect(intents.of(OWNER)).toEqual([]);
    intents.put(intent());
    expect(intents.of(OWNER)).toHaveLength(1);
  });

  it('keep only members of the form they should have', () => {
    const json = {
      ...intent(),
      amount: '12',
      hash: '0x12',
      account: -1,
      recipient: 'me',
      raw: 'x',
      nonce: 1.5,
      target: {},
    };
    const [found] = intentsIn(JSON.stringify({ version: 1, intents: [json] }));
    expect(Object.keys(found ?? {}).sort()).toEqual(['amount', 'at', 'chain', 'id', 'kind', 'owner', 'state', 'token']);
    for (const bad of [{ owner: '0x12' }, { kind: 'steal' }, { state: 'done' }, { chain: 'l3' }, { at: '1' }]) {
      expect(intentsIn(JSON.stringify({ version: 1, intents: [{ ...json, ...bad }] }))).toEqual([]);
    }
  });

  it('are of one key if they could do the same', () => {
    const base = { kind: 'exit', owner: OWNER, token: 0, account: 5 } as const;
    expect(keyOf({ ...base, token: 3 })).toBe(keyOf(base));
    expect(keyOf({ ...base, account: 6 })).not.toBe(keyOf(base));
    expect(keyOf({ ...base, kind: 'forcedExit' })).not.toBe(keyOf(base));
    expect(keyOf({ kind: 'deposit', owner: OWNER, token: 1 })).not.toBe(
      keyOf({ kind: 'deposit', owner: OWNER, token: 2 }),
    );
  });
});
