import { connect, createServer, type Server, type Socket } from 'node:net';

/** off: connections break and new ones are refused. silent: nothing passes and nobody is told, as when packets get lost. */
export type CableState = 'on' | 'off' | 'silent';

/** A TCP proxy on the loopback address that can be cut: the way from one program to another. */
export class Cable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that were tried in silence: nobody ever answers them. */
  readonly #unanswered = new Set<Socket>();
  #state: CableState = 'on';
  #passedBytes = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** To `port` of the loopback address, where nobody need listen yet. */
  static async lay(target: number): Promise<Cable> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const cable = new Cable(server, typeof address === 'object' && address !== null ? address.port : 0);
    server.on('connection', (socket) => cable.#connect(socket, target));
    return cable;
  }

  get state(): CableState {
    return this.#state;
  }

  /** Both ways, since it was laid. */
  get passedBytes(): number {
    return this.#passedBytes;
  }

  cut(how: 'off' | 'silent'): void {
    this.#state = how;
    for (const socket of this.#sockets) {
      if (how === 'off') socket.destroy();
      else socket.pause();
    }
  }

  /** What was sent into silence arrives now, if its connection still lives; attempts to connect made meanwhile have failed. */
  join(): void {
    this.#state = 'on';
    for (const socket of this.#unanswered) socket.destroy();
    for (const socket of this.#sockets) socket.resume();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(socket: Socket, target: number): void {
    if (this.#state === 'off') {
      socket.destroy();
      return;
    }
    if (this.#state === 'silent') {
      this.#keep(socket);
      this.#unanswered.add(socket);
      socket.once('close', () => this.#unanswered.delete(socket));
      return;
    }
    const far = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [socket, far],
      [far, socket],
    ] as const) {
      this.#keep(from);
      from.setNoDelay(true);
      from.on('data', (bytes: Buffer) => {
        this.#passedBytes += bytes.length;
        if (!to.write(bytes)) from.pause();
      });
      to.on('drain', () => {
        if (this.#state === 'on') from.resume();
      });
      from.on('end', () => to.end());
      from.on('close', () => to.destroy());
    }
    socket.resume();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
