import { describe, expect, it } from 'vitest';
import { actor } from '../../../../protocol/testing/actors.ts';
import { depositTarget } from './depositTarget.ts';

const [mine, theirs] = [actor(1), actor(2)];
const wallet = async () => ({ key: mine.key });

describe('a deposit', () => {
  it('to an account of another key is refused, though it has the owner’s address and a proven batch shows it', async () => {
    const planted = { index: 7, key: theirs.key };
    await expect(depositTarget(planted, wallet)).rejects.toMatchObject({ code: 'KEY_MISMATCH', details: { index: 7 } });
    await expect(depositTarget({ index: 7 }, wallet)).rejects.toMatchObject({ code: 'KEY_MISMATCH' });
  });

  it('names the key that the wallet makes, for old accounts and new ones', async () => {
    expect(await depositTarget({ index: 7, key: mine.key }, wallet)).toEqual({ key: mine.key, account: 7 });
    expect(await depositTarget(undefined, wallet)).toEqual({ key: mine.key });
  });
});
