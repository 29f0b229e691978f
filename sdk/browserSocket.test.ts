import { afterEach, describe, expect, it, vi } from 'vitest';
import { RpcClient } from './rpcClient.ts';

// what bundlers make of `ws` for browsers
vi.mock('ws', () => ({ WebSocket: undefined }));

/** A browser's WebSocket: no `terminate`, no options, events that carry no error. */
class BrowserSocket extends EventTarget {
  static last: BrowserSocket | undefined;
  readonly sent: { id: number; method: string }[] = [];

  constructor(
    readonly url: string,
    ...others: unknown[]
  ) {
    super();
    expect(others).toEqual([]); // a second argument would be protocols
    BrowserSocket.last = this;
    queueMicrotask(() => this.dispatchEvent(new Event('open')));
  }

  send(text: string): void {
    const call = JSON.parse(text);
    this.sent.push(call);
    queueMicrotask(() => this.say(JSON.stringify({ jsonrpc: '2.0', id: call.id, result: '0x1' })));
  }

  say(data: string): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }

  close(): void {
    this.dispatchEvent(new Event('close'));
  }
}

afterEach(() => vi.unstubAllGlobals());

describe('subscriptions in a browser', () => {
  it('go over the browser’s own WebSocket, and end with it', async () => {
    vi.stubGlobal('WebSocket', BrowserSocket);
    const events: unknown[] = [];
    const ends: string[] = [];
    const client = new RpcClient('http://node.example/');
    await client.subscribe(
      'blocks',
      [],
      (event) => events.push(event),
      ({ reason }) => ends.push(reason),
    );
    const socket = BrowserSocket.last;
    expect(socket?.url).toBe('ws://node.example/');
    const params = { subscription: '0x1', result: { number: '7' } };
    socket?.say(JSON.stringify({ jsonrpc: '2.0', method: 'engram_subscription', params }));
    expect(events).toEqual([{ number: '7' }]);
    socket?.close();
    expect(ends).toEqual(['CONNECTION_LOST']);
  });

  it('end when the node says what no node says', async () => {
    vi.stubGlobal('WebSocket', BrowserSocket);
    const ends: string[] = [];
    await new RpcClient('http://node.example/').subscribe(
      'blocks',
      [],
      () => undefined,
      ({ reason }) => ends.push(reason),
    );
    BrowserSocket.last?.say('<html>');
    expect(ends).toEqual(['CONNECTION_LOST']);
  });

  it('are refused where the node cannot be reached', async () => {
    class Unreachable extends BrowserSocket {
      override dispatchEvent(event: Event): boolean {
        return super.dispatchEvent(event.type === 'open' ? new Event('error') : event);
      }
    }
    vi.stubGlobal('WebSocket', Unreachable);
    await expect(new RpcClient('http://node.example/').subscribe('blocks', [], () => undefined)).rejects.toMatchObject({
      reason: 'UNREACHABLE',
    });
  });
});
