import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import { NetworkError } from './errors.ts';
import { unpackFrame } from './frame.ts';
import type { NetworkLimits } from './limits.ts';
import { RateBucket } from './rateBucket.ts';
import type { Fault, NetworkHandlers, NetworkMetrics, Outcome, Topic, Verdict } from './types.ts';
import { Validations } from './validations.ts';

const BURST_SECONDS = 5;
const MAX_REASON = 40;

export interface GossipInboxDeps {
  readonly handlers: NetworkHandlers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: NetworkMetrics;
  fault(peer: string, fault: Fault | 'flood', reason: string): void;
  refused(peer: string, reason: string): void;
}

/** Everything that is published passes here before it is looked at: the cheapest check first. */
export class GossipInbox {
  readonly #limits: NetworkLimits;
  readonly #deps: GossipInboxDeps;
  readonly #validations: Validations;
  readonly #rates = new Map<string, { readonly messages: RateBucket; readonly bytes: RateBucket }>();

  constructor(options: { limits: NetworkLimits }, deps: GossipInboxDeps) {
    this.#limits = options.limits;
    this.#deps = deps;
    this.#validations = new Validations(options, deps);
  }

  forget(peer: string): void {
    this.#rates.delete(peer);
  }

  /** Never rejects. */
  async receive(topic: Topic, frame: Uint8Array, from: string): Promise<Outcome> {
    const { metrics, fault, refused } = this.#deps;
    metrics.bytes(topic, 'in', frame.length);
    const verdict = await this.#verdict(topic, frame, from);
    const reason = verdict.reason.slice(0, MAX_REASON);
    metrics.gossip(topic, verdict.outcome, reason);
    if (verdict.outcome === 'reject') {
      refused(from, reason);
      // An honest node never passes on what is rejected: it has checked it itself.
      fault(from, 'invalid', reason);
    } else if (reason === 'FLOOD') {
      refused(from, reason);
      fault(from, 'flood', reason);
    }
    return verdict.outcome;
  }

  async #verdict(topic: Topic, frame: Uint8Array, from: string): Promise<Verdict> {
    const limit = this.#limits.topicBytes[topic];
    if (frame.length > limit + 1) return { outcome: 'reject', reason: 'TOO_LARGE' };
    if (!this.#isWithinRate(frame.length, from)) return { outcome: 'ignore', reason: 'FLOOD' };
    return this.#validations.run(topic, from, async () => {
      let bytes: Uint8Array;
      try {
        bytes = await unpackFrame(frame, limit);
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        return { outcome: 'reject', reason: error.data.reason === 'too long' ? 'TOO_LARGE' : 'BAD_FRAME' };
      }
      return this.#deps.handlers.onGossip(topic, bytes, from);
    });
  }

  #isWithinRate(bytes: number, from: string): boolean {
    const rates = this.#rates.get(from) ?? this.#newRates();
    this.#rates.set(from, rates);
    return rates.messages.take() && rates.bytes.take(bytes);
  }

  #newRates(): { readonly messages: RateBucket; readonly bytes: RateBucket } {
    const { gossipPerSecond, gossipBytesPerSecond } = this.#limits;
    const bucket = (perSecond: number) => new RateBucket({ perSecond, burst: perSecond * BURST_SECONDS }, this.#deps);
    return { messages: bucket(gossipPerSecond), bytes: bucket(gossipBytesPerSecond) };
  }
}
