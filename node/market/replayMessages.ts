/** What ReplayThread and its thread say to each other. */
import type { ReplayCalls, ReplayEngine } from './replayEngine.ts';

type Call<K extends keyof ReplayCalls> = { readonly name: K; readonly args: Parameters<ReplayCalls[K]> };
export type ReplayCall = { [K in keyof ReplayCalls]: Call<K> }[keyof ReplayCalls];

export interface ReplayMessage {
  readonly id: number;
  readonly call: ReplayCall;
}

export type ReplayAnswer =
  | { readonly id: number; readonly value: unknown }
  /** A defect: refusals are answers. */
  | { readonly id: number; readonly failure: string };

export function run(engine: ReplayEngine, call: ReplayCall): unknown {
  switch (call.name) {
    case 'follow':
      return engine.follow(...call.args);
    case 'drop':
      return engine.drop(...call.args);
    case 'apply':
      return engine.apply(...call.args);
    case 'goBack':
      return engine.goBack(...call.args);
    case 'summaries':
      return engine.summaries(...call.args);
    case 'view':
      return engine.view(...call.args);
  }
}
