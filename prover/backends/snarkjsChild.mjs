// A process that makes one proof and ends, so that all memory of it is freed. Plain JavaScript: it starts without a loader.
import { readFile } from 'node:fs/promises';
import * as snarkjs from 'snarkjs';

// The parent is gone: nobody would take the proof.
process.on('disconnect', () => process.exit(1));

process.once('message', async ({ inputs, wasm, zkey, vkey }) => {
  let stage = 'witness';
  const seconds = { witness: 0, prove: 0, verify: 0 };
  const timed = async (name, run) => {
    stage = name;
    process.send({ type: 'progress', stage });
    const start = performance.now();
    const value = await run();
    seconds[name] = (performance.now() - start) / 1000;
    return value;
  };
  try {
    const witness = { type: 'mem' };
    await timed('witness', () => snarkjs.wtns.calculate(inputs, wasm, witness));
    const { proof, publicSignals } = await timed('prove', () => snarkjs.groth16.prove(zkey, witness));
    const key = JSON.parse(await readFile(vkey, 'utf8'));
    const isValid = await timed('verify', () => snarkjs.groth16.verify(key, publicSignals, proof));
    const peakMemoryMB = process.resourceUsage().maxRSS / 1024;
    reply({ type: 'result', proof, publicSignals, isValid, seconds, peakMemoryMB });
  } catch (error) {
    reply({ type: 'error', stage, message: error instanceof Error ? error.message : String(error) });
  }
});

/** snarkjs's worker threads would keep the process alive: it ends as soon as the answer is out. */
function reply(message) {
  process.send(message, () => process.exit(0));
}
