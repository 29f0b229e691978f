import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Cable } from './cable.ts';
import { Cables } from './cables.ts';
import { freePorts } from './ports.ts';

let echo: Server;
let port: number;
const open: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  [port = 0] = await freePorts(1);
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(port, '127.0.0.1');
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
afterAll(() => {
  echo.close();
});

/** A connection through the cable; `read` resolves with what comes next, or 'closed'. */
function plug(cable: Cable) {
  const socket: Socket = connect(cable.port, '127.0.0.1');
  open.push(() => void socket.destroy());
  let wake: (text: string) => void = () => undefined;
  let waiting: string[] = [];
  const tell = (text: string): void => {
    waiting.push(text);
    wake('');
  };
  socket.on('data', (bytes) => tell(bytes.toString()));
  socket.on('error', () => undefined);
  socket.on('close', () => tell('closed'));
  return {
    send: (text: string) => socket.write(text),
    read: async (): Promise<string> => {
      while (waiting.length === 0) await new Promise<string>((resolve) => (wake = resolve));
      const all = waiting.join('');
      waiting = [];
      return all;
    },
    has: () => waiting.length > 0,
  };
}

async function lay(): Promise<Cable> {
  const cable = await Cable.lay(port);
  open.push(() => cable.stop());
  return cable;
}

it('what is sent comes back through it, and is counted both ways', async () => {
  const cable = await lay();
  const end = plug(cable);
  end.send('hello');
  expect(await end.read()).toBe('hello');
  expect(cable.passedBytes).toBe(10);
});

it('cut off, it breaks what is open and refuses what is new; joined, it takes new connections', async () => {
  const cable = await lay();
  const end = plug(cable);
  end.send('a');
  await end.read();
  cable.cut('off');
  expect(await end.read()).toBe('closed');
  expect(await plug(cable).read()).toBe('closed');
  cable.join();
  const again = plug(cable);
  again.send('b');
  expect(await again.read()).toBe('b');
});

it('silent, it passes nothing and tells nobody; joined, what was sent arrives', async () => {
  const cable = await lay();
  const end = plug(cable);
  end.send('a');
  await end.read();
  cable.cut('silent');
  end.send('b');
  const late = plug(cable);
  late.send('c');
  const other = plug(await lay()); // as long as another one takes to answer
  other.send('d');
  await other.read();
  expect([end.has(), late.has()]).toEqual([false, false]);
  cable.join();
  expect(await end.read()).toBe('b');
  expect(await late.read()).toBe('closed');
});

it('a partition cuts only what crosses it, in both directions, and heals', async () => {
  const cables = new Cables();
  open.push(() => cables.stop());
  const pairs = [
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'c'],
    ['c', 'a'],
    ['c', 'other'],
  ] as const;
  const laid = await Promise.all(pairs.map(([from, to]) => cables.between(from, to, port)));
  cables.partition([['a', 'b'], ['c']]);
  expect(laid.map(({ state }) => state)).toEqual(['on', 'on', 'silent', 'silent', 'on']);
  expect(await cables.between('a', 'b', port)).toBe(laid[0]);
  cables.heal();
  expect(laid.every(({ state }) => state === 'on')).toBe(true);
});
