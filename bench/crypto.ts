import { publicKey, sign, verify } from '../protocol/crypto/eddsa.ts';
import { poseidon } from '../protocol/crypto/poseidon.ts';
import { field, R_FIELD } from '../protocol/field.ts';

/**
 * Operations a second on one core: `npx tsx bench/crypto.ts [--json]`. Measured in this process's CPU time (its background compiler
 * and garbage collector included), so that other load on the machine does not count.
 */

const MEASURE_MS = 500;
const ROUNDS = 3;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The best of some rounds, after one to warm up. */
function perSecond(run: (i: number) => void): number {
  let best = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const start = cpuMs();
    let count = 0;
    let elapsed = 0;
    while (elapsed < MEASURE_MS) {
      for (let i = 0; i < 50; i++) run(count++);
      elapsed = cpuMs() - start;
    }
    if (round > 0) best = Math.max(best, (count * 1000) / elapsed);
  }
  return Math.round(best);
}

const results: Record<string, number> = {};
for (const arity of [1, 2, 4, 5, 8, 16]) {
  const inputs = Array.from({ length: arity }, (_, i) => R_FIELD - BigInt(i + 1));
  results[`poseidon${arity}PerSecond`] = perSecond((i) => {
    inputs[0] = BigInt(i);
    poseidon(inputs);
  });
}
const seed = new Uint8Array(32).fill(7);
const pub = publicKey(seed);
results.signPerSecond = perSecond((i) => void sign(seed, field(BigInt(i))));
const signed = Array.from({ length: 50 }, (_, i) => {
  const message = field(BigInt(i));
  return { message, signature: sign(seed, message) };
});
let isGood = true;
results.verifyPerSecond = perSecond((i) => {
  const item = signed[i % signed.length];
  if (item !== undefined) isGood &&= verify(pub, item.message, item.signature);
});
if (!isGood) throw new Error('a good signature was refused');

console.table(Object.fromEntries(Object.entries(results).map(([name, value]) => [name, { 'per second': value }])));
if (process.argv.includes('--json')) console.log(JSON.stringify(results));
