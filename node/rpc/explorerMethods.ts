import { z } from 'zod';
import type { ExplorerBackend } from './explorerBackend.ts';
import type { RegisterMethod } from './method.ts';
import { accountIndexParam, addressParam, batchNumberParam, hashParam } from './params.ts';

const MOST = 200;

/** A cursor has a letter and at most 27 hexadecimal digits; the lists check their own more closely. */
const pageParam = z
  .strictObject({
    before: z
      .string()
      .regex(/^[a-z][0-9a-f]{1,32}$/, 'expected what `next` of a page said')
      .optional(),
    limit: z.number().int().min(1).max(MOST).default(25),
  })
  .transform(({ before, limit }) => ({ before, limit }));

const FIRST_PAGE = { before: undefined, limit: 25 } as const;

const statsParam = z.strictObject({
  interval: z.union([z.literal(60), z.literal(3600), z.literal(86400)]),
  count: z.number().int().min(1).max(MOST).default(48),
});

/** People paste anything: what names nothing finds nothing. */
const searchParam = z.string().max(1_000);

const newest = z.union([z.tuple([]), z.tuple([pageParam])]);

/** A list of something: that alone, or with where to go on. */
function listOf<T>(of: z.ZodType<T>) {
  return z.union([z.tuple([of]), z.tuple([of, pageParam])]);
}

/** What an explorer shows (sdk/explorerTypes.ts). */
export function registerExplorerMethods(method: RegisterMethod, explorer: ExplorerBackend): void {
  method('engram_getTransaction', z.tuple([hashParam]), async ([hash]) => (await explorer.transaction(hash)) ?? null);
  method('engram_getBlocks', newest, ([page = FIRST_PAGE]) => explorer.blocks(page));
  method('engram_getBatches', newest, ([page = FIRST_PAGE]) => explorer.batches(page));
  method(
    'engram_getBatchFacts',
    z.tuple([batchNumberParam]),
    async ([number]) => (await explorer.batchFacts(number)) ?? null,
  );
  method('engram_getHistory', listOf(accountIndexParam), ([account, page = FIRST_PAGE]) =>
    explorer.history(account, page),
  );
  method('engram_getExits', listOf(addressParam), ([recipient, page = FIRST_PAGE]) => explorer.exits(recipient, page));
  method('engram_getEvmHistory', listOf(addressParam), ([address, page = FIRST_PAGE]) =>
    explorer.evmHistory(address, page),
  );
  method('engram_getStats', z.tuple([statsParam]), ([question]) => explorer.stats(question));
  method('engram_search', z.tuple([searchParam]), ([text]) => explorer.search(text));
}
