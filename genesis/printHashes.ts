/** Prints the `predeploys` of a new spec: the contracts as this program builds them. `npx tsx genesis/printHashes.ts` */
import { predeployCodes } from './predeploys/code.ts';

const predeploys = (await predeployCodes()).map(({ name, address, codeHash }) => ({ name, address, codeHash }));
process.stdout.write(`${JSON.stringify(predeploys, undefined, 2)}\n`);
