// Runs circom (WebAssembly) in the process of its own that compile.ts starts: first argument the compiler's binary, then
// circom's arguments. The paths among those are relative to the working folder, under which WASI sees the disk.
import fs from 'node:fs';
import circom2 from 'circom2';

const { CircomRunner, bindings } = circom2;
const [binary, ...args] = process.argv.slice(2);
const circom = new CircomRunner({
  args,
  env: process.env,
  preopens: { '.': '.' },
  bindings: {
    ...bindings,
    exit: (code) => process.exit(code),
    kill: (signal) => process.kill(process.pid, signal),
    fs,
  },
});
await circom.execute(fs.readFileSync(binary));
