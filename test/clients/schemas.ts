/** Checks answers against the OpenRPC description of Ethereum's JSON-RPC: the one in npm, and a full one if it is given. */
import { readFile } from 'node:fs/promises';
import { MetaMaskOpenRPCDocument } from '@metamask/api-specs';
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import { addedSchemas, ownResults } from './ownSchemas.ts';
import type { Observed } from './recorder.ts';

interface OpenRpc {
  readonly methods: readonly { readonly name: string; readonly result?: { readonly schema?: object } }[];
  readonly components?: { readonly schemas?: Readonly<Record<string, object>> };
}

/** What is wrong with an answer. */
export interface Mismatch {
  readonly document: string;
  readonly method: string;
  readonly reason: string;
  readonly answer: string;
}

export class SchemaBook {
  /** Answers that were checked, by method and document. */
  readonly checked = new Map<string, Map<string, number>>();
  /** Methods that were answered and that no document describes. */
  readonly unknown = new Set<string>();
  /** Errors by method: their form is checked, their content is the tests' matter. */
  readonly failures = new Map<string, number>();
  readonly mismatches: Mismatch[] = [];
  readonly #documents: { readonly name: string; readonly result: (method: string) => ValidateFunction | undefined }[] =
    [];

  /** `fullDocument`: path of an openrpc.json of the execution-apis. */
  static async open(fullDocument = process.env.ENGRAM_OPENRPC): Promise<SchemaBook> {
    const book = new SchemaBook();
    // Facts of later forks that the package does not have yet replace its schemas of the same name.
    const published = MetaMaskOpenRPCDocument as unknown as OpenRpc; // its type says nothing of schemas
    book.#add('api-specs', {
      methods: published.methods,
      components: { schemas: { ...published.components?.schemas, ...addedSchemas } },
    });
    book.#add('own', {
      methods: Object.entries(ownResults).map(([name, schema]) => ({ name, result: { schema } })),
      components: { schemas: { ...published.components?.schemas, ...addedSchemas } },
    });
    if (fullDocument !== undefined && fullDocument !== '') {
      book.#add('execution-apis', JSON.parse(await readFile(fullDocument, 'utf8')) as OpenRpc);
    }
    return book;
  }

  #add(name: string, document: OpenRpc): void {
    const ajv = new Ajv2019({ strict: false, validateFormats: false, inlineRefs: false });
    ajv.addSchema(withoutQuirks(document), name);
    const positions = new Map(document.methods.map((method, position) => [method.name, position]));
    const compiled = new Map<string, ValidateFunction>();
    this.#documents.push({
      name,
      result: (method) => {
        const position = positions.get(method);
        if (position === undefined || document.methods[position]?.result?.schema === undefined) return undefined;
        const known = compiled.get(method) ?? ajv.compile({ $ref: `${name}#/methods/${position}/result/schema` });
        compiled.set(method, known);
        return known;
      },
    });
  }

  observe({ method, params, answer }: Observed): void {
    const name = nameOf(method, { params, answer });
    if (name === undefined || name.startsWith('anvil_') || name.startsWith('engram_') || name.startsWith('evm_'))
      return;
    if ('error' in answer) {
      this.failures.set(name, (this.failures.get(name) ?? 0) + 1);
      const { code, message } = answer.error;
      if (!Number.isInteger(code) || typeof message !== 'string')
        this.#note('json-rpc', name, 'bad error', answer.error);
      return;
    }
    let isKnown = false;
    for (const { name: document, result } of this.#documents) {
      const validate = result(name);
      if (validate === undefined) continue;
      isKnown = true;
      const counts = this.checked.get(name) ?? new Map<string, number>();
      this.checked.set(name, counts.set(document, (counts.get(document) ?? 0) + 1));
      if (validate(answer.result)) continue;
      const reasons = (validate.errors ?? []).map(
        (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
      );
      this.#note(document, name, [...new Set(reasons)].slice(0, 6).join('; '), answer.result);
    }
    if (!isKnown) this.unknown.add(name);
  }

  #note(document: string, method: string, reason: string, answer: unknown): void {
    const isOld = this.mismatches.some(
      (one) => one.document === document && one.method === method && one.reason === reason,
    );
    if (isOld || this.mismatches.length >= 200) return;
    this.mismatches.push({ document, method, reason, answer: JSON.stringify(answer)?.slice(0, 2_000) ?? 'undefined' });
  }
}

/** An empty list is both a list of hashes and a list of logs: `oneOf` would refuse it. */
function withoutQuirks(document: OpenRpc): OpenRpc {
  const { FilterResults: found, ...schemas } = document.components?.schemas ?? {};
  const { oneOf, ...rest } = (found ?? {}) as { oneOf?: unknown }; // a JSON schema
  return { ...document, components: { schemas: { ...schemas, FilterResults: { ...rest, anyOf: oneOf } } } };
}

/** What is not in a block yet has schemas of its own: the documents describe only what is. */
function nameOf(method: string, { params, answer }: Pick<Observed, 'params' | 'answer'>): string | undefined {
  if (method === 'eth_subscription') return notificationName(params);
  const result = 'result' in answer ? answer.result : undefined;
  const isOpen = typeof result === 'object' && result !== null && 'blockHash' in result && result.blockHash === null;
  if (method === 'eth_getTransactionByHash' && isOpen) return 'eth_getTransactionByHash (pending)';
  if (method === 'eth_getBlockByNumber' && Array.isArray(params) && params[0] === 'pending')
    return `${method} (pending)`;
  return method;
}

/** What a subscription delivers has a schema of its own, by its kind. */
function notificationName(params: unknown): string | undefined {
  if (!Array.isArray(params)) return undefined;
  const [kind, option] = params;
  const isFull = kind === 'newPendingTransactions' && option === true;
  return `eth_subscription ${String(kind)}${isFull ? ' full' : ''}`;
}
