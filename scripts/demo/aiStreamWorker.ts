import { parentPort, workerData } from 'node:worker_threads';
import { Stream, type StreamOptions } from './aiStream.ts';
import type { Answer, Question } from './aiStreamThread.ts';

// One stream; questions in, answers out, in order. Errors end the thread and reach the other side as its 'error'.
const stream = new Stream(workerData as StreamOptions); // what StreamThread gave
parentPort?.on('message', (question: Question) => {
  const answer: Answer =
    'run' in question ? stream.run(question.run) : stream.evidence(question.sequence, question.size);
  parentPort?.postMessage(answer);
});
