import cliProgress from 'cli-progress';

export interface Progress {
  readonly stage: 'compile' | 'keys';
  readonly done: number;
  readonly total: number;
  readonly message: string;
}

export interface ProgressReporter {
  /** Shows the state of one labelled job. */
  update(label: string, progress: Progress): void;
  /** Leaves the terminal as it was. May be called twice. */
  stop(): void;
}

/** Bars on a terminal; elsewhere a line whenever a stage starts, every tenth of it, and when it ends. */
export function progressReporter(stream: NodeJS.WriteStream = process.stderr): ProgressReporter {
  return stream.isTTY ? barReporter(stream) : lineReporter(stream);
}

function barReporter(stream: NodeJS.WriteStream): ProgressReporter {
  const bars = new cliProgress.MultiBar(
    { stream, format: '{label} {bar} {percentage}% {message}', hideCursor: true, clearOnComplete: false },
    cliProgress.Presets.shades_classic,
  );
  const open = new Map<string, cliProgress.SingleBar>();
  let isStopped = false;
  return {
    update(label, { stage, done, total, message }) {
      if (isStopped) return;
      const key = `${label} ${stage}`;
      let bar = open.get(key);
      if (!bar) {
        bar = bars.create(total, 0, { label: key.padEnd(22), message });
        open.set(key, bar);
      }
      bar.setTotal(total);
      bar.update(done, { message });
    },
    stop() {
      if (isStopped) return;
      isStopped = true;
      bars.stop();
    },
  };
}

function lineReporter(stream: NodeJS.WriteStream): ProgressReporter {
  const shown = new Map<string, number>();
  return {
    update(label, { stage, done, total, message }) {
      const key = `${label} ${stage}`;
      const tenth = total > 0 ? Math.floor((10 * done) / total) : 0;
      const before = shown.get(key);
      if (before !== undefined && tenth <= before) return;
      shown.set(key, tenth);
      stream.write(`${key}: ${tenth * 10}% ${message}\n`);
    },
    stop() {},
  };
}
