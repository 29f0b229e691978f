import { connect, type Socket } from 'node:net';
import { until } from '../until.ts';

/** Opened so many at once, then a pause: else the system would drop them before the program on the other side sees them. */
const AT_ONCE = 20;
const PAUSE_MS = 20;

/** Connections on which nothing is ever said. */
export async function openIdly(port: number, count: number) {
  const sockets = new Set<Socket>();
  for (let i = 0; i < count; i += 1) {
    const socket = connect(port, '127.0.0.1');
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
    if (i % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return {
    /** Resolves when the other side has closed all of them. @throws CheckError NOT_REACHED */
    closed: async (): Promise<void> => {
      await until('all of them closed by the other side', async () => {
        // the system may have given up one that never got through: this side only learns of it by sending
        for (const socket of sockets) socket.write('?');
        return sockets.size === 0 ? true : undefined;
      });
    },
    stop: (): void => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
