import type { Metrics, MultiaddrConnection } from '@libp2p/interface';

/** Counts the bytes of all connections, with what encryption and multiplexing add. */
export class ByteCounter {
  sentBytes = 0;
  receivedBytes = 0;

  /** The one hook libp2p has for this; it wants all the rest too, which does nothing here. */
  metrics(): Metrics {
    const nothing = (): void => undefined;
    const metric = {
      update: nothing,
      increment: nothing,
      decrement: nothing,
      observe: nothing,
      reset: nothing,
      timer: () => nothing,
    };
    const register = (): typeof metric => metric;
    const metrics = {
      trackMultiaddrConnection: (connection: MultiaddrConnection) => this.#track(connection),
      trackProtocolStream: nothing,
      registerMetric: register,
      registerMetricGroup: register,
      registerCounter: register,
      registerCounterGroup: register,
      registerHistogram: register,
      registerHistogramGroup: register,
      registerSummary: register,
      registerSummaryGroup: register,
      traceFunction: (_name: string, traced: unknown) => traced,
      createTrace: nothing,
    };
    // The generic signatures cannot be written for what does nothing.
    return metrics as unknown as Metrics;
  }

  #track(connection: MultiaddrConnection): void {
    connection.addEventListener('message', ({ data }) => {
      this.receivedBytes += data.byteLength;
    });
    const send = connection.send.bind(connection);
    connection.send = (data) => {
      this.sentBytes += data.byteLength;
      return send(data);
    };
  }
}
