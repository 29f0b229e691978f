/** ONNX Runtime inside a thread of its own: one model, one run at a time. Nothing here may be imported by the main thread. */
import fs from 'node:fs';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { GRAPH_OPTIMIZATION } from './executionDocument.ts';
import { ExecutionError } from './executionError.ts';
import { scanModel } from './modelScan.ts';
import type { NamedTensor, TensorData, TensorSpec } from './tensors.ts';
import {
  checkTensors,
  decodeTensors,
  encodedLength,
  encodeTensors,
  isTensorName,
  isTensorType,
  MAX_TENSORS,
} from './tensors.ts';
import type { LoadedModel, RunRequest, WorkerSetup } from './workerMessages.ts';

const WASM_PAGE_BYTES = 65_536;
const DETAIL_LETTERS = 200;
/** The runtime reports this way what it refuses itself; anything else has left the runtime in an unknown state. */
const RUNTIME_STATUS = /ERROR_CODE: \d+/;

/** The thread that threw it must not be used again. */
export class BrokenRuntime extends ExecutionError {}

export class Session {
  readonly loaded: LoadedModel;
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession, loaded: LoadedModel) {
    this.#session = session;
    this.loaded = loaded;
  }

  /** Once a thread. @throws ExecutionError MODEL_INVALID */
  static async open({ model, runtime, maxMemoryBytes, threads }: WorkerSetup): Promise<Session> {
    scanModel(model);
    boundMemory(maxMemoryBytes);
    muteRuntime();
    env.wasm.wasmBinary = runtime;
    env.wasm.numThreads = threads;
    env.logLevel = 'fatal';
    const session = await createSession(model);
    return new Session(session, {
      inputs: specsOf(session.inputMetadata),
      outputs: specsOf(session.outputMetadata),
      runtimeVersion: String(env.versions.web),
    });
  }

  /** @throws ExecutionError BAD_TENSOR, OUTPUT_TOO_LARGE, RUN_FAILED; BrokenRuntime */
  async run({ input, maxOutputBytes }: RunRequest): Promise<Uint8Array> {
    const tensors = decodeTensors(input, { maxBytes: input.length }); // the runner has checked the length
    checkTensors(tensors, this.loaded.inputs);
    const feeds = Object.fromEntries(
      tensors.map(({ name, type, data, dimensions }) => [name, new Tensor(type, data, dimensions)]),
    );
    const answer = await this.#session.run(feeds).catch(failed);
    const outputs = Object.entries(answer).map(([name, value]) => fromRuntime(name, value as Tensor)); // specsOf: all are tensors
    if (outputs.length !== this.loaded.outputs.length) {
      throw new ExecutionError('RUN_FAILED', 'an output is missing', { reason: 'model' });
    }
    const bytes = encodedLength(outputs);
    if (bytes > maxOutputBytes) {
      throw new ExecutionError('OUTPUT_TOO_LARGE', 'the answer is over the limit', { bytes, maxOutputBytes });
    }
    return encodeAnswer(outputs);
  }
}

async function createSession(model: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(model, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: GRAPH_OPTIMIZATION,
      executionMode: 'sequential',
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw new ExecutionError('MODEL_INVALID', 'the runtime does not take this model', { detail: printable(error) });
  }
}

function specsOf(metadata: readonly InferenceSession.ValueMetadata[]): TensorSpec[] {
  if (metadata.length > MAX_TENSORS) throw new ExecutionError('MODEL_INVALID', 'too many tensors');
  return metadata.map((value) => {
    const { name } = value;
    if (!value.isTensor) throw new ExecutionError('MODEL_INVALID', 'something else than a tensor', { name });
    if (!isTensorName(name)) throw new ExecutionError('MODEL_INVALID', 'a name that tensors cannot have');
    const { type, shape } = value;
    if (!isTensorType(type))
      throw new ExecutionError('MODEL_INVALID', 'a type that tensors do not have', { name, type });
    // A size that is open has a name, or a number that is none.
    const dimensions = shape.map((size) => (typeof size === 'number' && size >= 0 && size < 2 ** 31 ? size : null));
    return { name, type, dimensions };
  });
}

/** An answer that has no bytes (more dimensions than they may have) is the model's fault, not that of the input. */
function encodeAnswer(outputs: readonly NamedTensor[]): Uint8Array {
  try {
    return encodeTensors(outputs);
  } catch (error) {
    throw new ExecutionError('RUN_FAILED', 'the answer is no tensors', { reason: 'model', detail: printable(error) });
  }
}

function fromRuntime(name: string, { type, dims, data }: Tensor): NamedTensor {
  if (!isTensorType(type)) throw new ExecutionError('MODEL_INVALID', 'a type that tensors do not have', { name, type });
  return { name, type, dimensions: dims, data: data as TensorData }; // what the runtime makes for these five types
}

function failed(error: unknown): never {
  const detail = printable(error);
  if (/bad_alloc|out of memory|OOM/i.test(detail)) {
    throw new BrokenRuntime('RUN_FAILED', 'the model wants more memory than it may have', { reason: 'memory', detail });
  }
  if (RUNTIME_STATUS.test(detail)) {
    throw new ExecutionError('RUN_FAILED', 'the model does not take this input', { reason: 'model', detail });
  }
  throw new BrokenRuntime('RUN_FAILED', 'the runtime broke', { reason: 'crash', detail });
}

/** What the runtime says may quote the model: a stranger's text. */
function printable(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/[^\x20-\x7e]/g, ' ').slice(0, DETAIL_LETTERS);
}

/** The runtime asks for memory that may grow to 4 GiB, and has no option for less. A smaller maximum is all it takes. */
function boundMemory(maxBytes: number): void {
  const pages = Math.floor(maxBytes / WASM_PAGE_BYTES);
  const Memory = WebAssembly.Memory;
  class BoundMemory extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      const { initial, maximum = pages } = descriptor;
      super({ ...descriptor, maximum: Math.max(initial, Math.min(maximum, pages)) });
    }
  }
  WebAssembly.Memory = BoundMemory;
}

/** It writes to standard error past every logger, whatever its log level: in this thread nobody else does. */
function muteRuntime(): void {
  const { writeSync } = fs;
  fs.writeSync = ((fd: number, ...rest: [string]) =>
    fd === 1 || fd === 2 ? 0 : writeSync(fd, ...rest)) as typeof fs.writeSync; // one of its overloads is enough here
}
