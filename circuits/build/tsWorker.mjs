// Entry of a worker thread: registers the TypeScript loader, then runs the file named by the first argument.
import { register } from 'tsx/esm/api';

register();
await import(process.argv[2]);
