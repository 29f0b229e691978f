/** A proxy between a client and a node, HTTP and WebSocket on one port: every answer that passes is shown to an observer. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

/** An answer of the node to a call, or a notification (`method` is then `eth_subscription`, `params` its kind). */
export interface Observed {
  readonly method: string;
  readonly params: unknown;
  readonly answer: { readonly result: unknown } | { readonly error: RpcFailure };
}

export interface RpcFailure {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface Recorder {
  readonly url: string;
  readonly wsUrl: string;
  stop(): Promise<void>;
}

interface Call {
  readonly method: string;
  readonly params: unknown;
}

/** Only what is needed of a message; the bytes themselves pass untouched. */
interface Message {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: RpcFailure;
}

export async function startRecorder(targetUrl: string, observe: (seen: Observed) => void): Promise<Recorder> {
  const target = new URL(targetUrl);
  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing, target, observe).catch(() => outgoing.destroy());
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (client) => bridge(client, target, observe));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens
  return {
    url: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    stop: async () => {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: URL,
  observe: (seen: Observed) => void,
): Promise<void> {
  const body = await read(incoming);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const { host: _host, connection: _connection, ...headers } = incoming.headers;
    const ask = request(target, { method: incoming.method, headers }, resolve);
    ask.once('error', reject);
    ask.end(body);
  });
  const bytes = await read(answer);
  // Told before the client hears of it: a finished client means everything was observed.
  pair(messages(body.toString('utf8')), messages(bytes.toString('utf8')), observe);
  const { connection: _connection, 'transfer-encoding': _encoding, ...headers } = answer.headers;
  outgoing.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': bytes.length });
  outgoing.end(bytes);
}

function bridge(client: WebSocket, target: URL, observe: (seen: Observed) => void): void {
  const node = new WebSocket(`ws://${target.host}${target.pathname}`);
  const calls = new Map<string | number, Call>();
  /** What a subscription delivers, by its id. */
  const kinds = new Map<unknown, unknown>();
  const waiting: string[] = [];
  client.on('message', (data) => {
    const text = String(data);
    for (const { id, method, params } of messages(text)) {
      if (id !== undefined && id !== null && method !== undefined) calls.set(id, { method, params });
    }
    if (node.readyState === WebSocket.OPEN) node.send(text);
    else waiting.push(text);
  });
  node.on('open', () => {
    for (const text of waiting.splice(0)) node.send(text);
  });
  node.on('message', (data) => {
    const text = String(data);
    for (const message of messages(text)) {
      if (message.method === 'eth_subscription') {
        const { subscription, result } = message.params as { subscription: string; result: unknown }; // geth's envelope
        observe({ method: message.method, params: kinds.get(subscription), answer: { result } });
        continue;
      }
      const call = message.id === undefined || message.id === null ? undefined : calls.get(message.id);
      if (call === undefined) continue;
      if (call.method === 'eth_subscribe') kinds.set(message.result, call.params);
      tell(call, message, observe);
    }
    client.send(text);
  });
  client.on('close', () => node.close());
  node.on('close', () => client.close());
  node.on('error', () => client.terminate());
  client.on('error', () => node.terminate());
}

function pair(calls: readonly Message[], answers: readonly Message[], observe: (seen: Observed) => void): void {
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  for (const { id, method, params } of calls) {
    const answer = byId.get(id);
    if (method !== undefined && answer !== undefined) tell({ method, params }, answer, observe);
  }
}

function tell(call: Call, answer: Message, observe: (seen: Observed) => void): void {
  if (answer.error !== undefined) observe({ ...call, answer: { error: answer.error } });
  else observe({ ...call, answer: { result: answer.result } });
}

/** The objects of a request or answer, a batch or not; nothing of a text that is not JSON. */
function messages(text: string): readonly Message[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  return (Array.isArray(value) ? value : [value]).filter(
    (entry): entry is Message => typeof entry === 'object' && entry !== null,
  );
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer); // no encoding is set
  return Buffer.concat(chunks);
}
