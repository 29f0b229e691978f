import { parentPort, workerData } from 'node:worker_threads';
import type { ModelIndex, TrainOptions } from './trainModels.ts';
import { trainModels } from './trainModels.ts';

export type TrainMessage = { readonly begins: string } | { readonly index: ModelIndex };

// The thread that buildModels() trains on: seconds of work without a pause.
const tell = (message: TrainMessage) => parentPort?.postMessage(message);
const index = trainModels(workerData as TrainOptions, (begins) => tell({ begins })); // started by buildModels() alone
tell({ index });
