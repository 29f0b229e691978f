import type { Db } from '../db.ts';

/**
 * Everything the database says of the chain, by key: without the nodes and code of states (which stay until they are pruned), and without what
 * is not the chain's own.
 */
export async function dump(db: Db): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const [key, value] of db.range({ gte: '', lt: '\x7f' })) {
    if (/^(n|y|m\/x)\//.test(key) || key === 'm/states') continue;
    // In what a batch was opened depends on whose it is; it is there only as long as the batch is open.
    found[key] = key === 'm/head' ? value.replace(/"shape":"[a-z]+"/, '"shape":"any"') : value;
  }
  return found;
}
