import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signedDocumentJson } from '../../protocol/documents/signedDocument.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import type { ProviderRequest, ProviderResponse } from '../provider/requests.ts';
import { DialogueError } from './dialogueError.ts';
import type { SellerDesk } from './sellerDesk.ts';

export const DIALOGUE_PATH = '/v1/dialogue';

/** `POST /v1/dialogue`, whatever carries it: 200 with the reply, 204 where none is due, or a refusal as in docs/ai.md section 2. */
export async function answerDialogue(desk: Pick<SellerDesk, 'handle'>, body: Uint8Array): Promise<ProviderResponse> {
  try {
    const reply = await desk.handle(jsonOf(body));
    return reply === undefined
      ? { status: 204, headers: {}, body: new Uint8Array() }
      : json(200, signedDocumentJson.encode(reply));
  } catch (error) {
    const [status, code] = refusalOf(error);
    return json(status, { code, message: 'refused' });
  }
}

/** For a provider that sells by dialogue at the same address: `ProviderDeps.extra`. */
export function dialogueRequests(
  desk: Pick<SellerDesk, 'handle'>,
): (request: ProviderRequest) => Promise<ProviderResponse | undefined> {
  return async ({ method, path, body }) =>
    method === 'POST' && path === DIALOGUE_PATH ? answerDialogue(desk, body) : undefined;
}

function refusalOf(error: unknown): readonly [status: number, code: string] {
  if (error instanceof DialogueError) return [statusOf(error.code), error.code];
  if (error instanceof ReceiptError) return [402, error.code];
  if (error instanceof ProtocolError) return [400, error.code];
  const isCoded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isCoded && error.code === 'BAD_TENSOR' ? [422, 'BAD_TENSOR'] : [500, 'INTERNAL'];
}

function statusOf(code: DialogueError['code']): number {
  if (code === 'TOO_MANY') return 429;
  if (code === 'ESCROW_REFUSED' || code === 'VOUCHER_CHANNEL') return 402;
  if (code === 'OUT_OF_TURN' || code === 'OFFER_EXPIRED' || code === 'DEADLINE_PASSED') return 409;
  return code === 'UNKNOWN_AGENT' ? 404 : 400;
}

const MAX_CONNECTIONS = 256;

export interface DialogueListener {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A web server for a desk alone, for agents that sell by dialogue only.
 * @param maxBytes of a message. Default 1 MiB
 */
export async function listenDialogue(
  desk: Pick<SellerDesk, 'handle'>,
  { port = 0, host = '127.0.0.1', maxBytes = 2 ** 20 }: { port?: number; host?: string; maxBytes?: number } = {},
): Promise<DialogueListener> {
  const server = createServer(
    { maxHeaderSize: 8_192, headersTimeout: 5_000, requestTimeout: 20_000 },
    (request, response) => {
      const answered = async (): Promise<ProviderResponse> => {
        if (request.method !== 'POST' || request.url !== DIALOGUE_PATH)
          return json(404, { code: 'NOT_FOUND', message: '' });
        const body = await read(request, maxBytes);
        return body === undefined ? json(413, { code: 'INPUT_TOO_LARGE', message: '' }) : answerDialogue(desk, body);
      };
      answered().then(
        ({ status, headers, body }) =>
          response.writeHead(status, { ...headers, connection: status === 413 ? 'close' : 'keep-alive' }).end(body),
        () => response.destroy(), // the request broke off
      );
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const { port: found } = server.address() as AddressInfo; // of a server that listens on TCP
  return { url: `http://${host}:${found}`, stop: () => stop(server) };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function read(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    const bytes: Buffer = part; // a message without an encoding gives buffers
    length += bytes.length;
    if (length > maxBytes) return undefined;
    parts.push(bytes);
  }
  return new Uint8Array(Buffer.concat(parts, length));
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new DialogueError('BAD_MESSAGE', 'no JSON', {}, { cause });
  }
}

function json(status: number, value: unknown): ProviderResponse {
  const body = new TextEncoder().encode(JSON.stringify(value));
  return { status, headers: { 'content-type': 'application/json' }, body };
}
