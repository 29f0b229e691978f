import { toHex } from 'viem';
import { BridgeError } from '../../bridge/client/errors.ts';
import type { L1Call } from '../../bridge/client/types.ts';
import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Send } from './attestationSender.ts';
import type { EvidenceBook } from './evidence.ts';

interface SlashSide {
  readonly commitment: bigint;
  readonly signature: Hex;
}

/** What is asked of the registry to have an equivocation punished. */
export interface SlashingRegistry {
  readonly calls: { slash(evidence: { batch: number; first: SlashSide; second: SlashSide }): L1Call };
  validator(signer: Hex): Promise<{ readonly isSlashed: boolean } | undefined>;
}

export interface SlashReporterDeps {
  readonly book: EvidenceBook;
  readonly registry: SlashingRegistry;
  readonly send: Send;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface SlashReporterOptions {
  /** How long each in turn waits for the one before. Default 6,000. */
  readonly sendDelayMs?: number;
}

/** Brings evidence to L1 until the stake is lost, whoever's report it was; after a restart as well, and never a second time. */
export class SlashReporter {
  readonly #deps: SlashReporterDeps;
  readonly #sendDelayMs: number;
  /** When each signer's evidence was first looked at. */
  readonly #sinceMs = new Map<Hex, number>();

  constructor({ sendDelayMs = 6_000 }: SlashReporterOptions, deps: SlashReporterDeps) {
    this.#sendDelayMs = sendDelayMs;
    this.#deps = deps;
  }

  /**
   * `own`: keys of this node, which it does not report: that would cost nine tenths of their stake. `rank`: how many report before it.
   * @throws L1Error, BridgeError
   */
  async step(own: readonly Hex[], { rank, signal }: { rank: number; signal?: AbortSignal | undefined }): Promise<void> {
    const { book, registry, send, clock, log } = this.#deps;
    for (const { equivocation, state } of book.all()) {
      const { signer, batch, first, second } = equivocation;
      if (state === 'settled' || own.includes(signer)) continue;
      const sinceMs = this.#sinceMs.get(signer) ?? clock.nowMs();
      this.#sinceMs.set(signer, sinceMs);
      if (clock.nowMs() - sinceMs < rank * this.#sendDelayMs) continue;
      const validator = await registry.validator(signer);
      // Slashed, or gone with its money.
      if (validator === undefined || validator.isSlashed) {
        await book.settle(signer);
        continue;
      }
      const side = ({ commitment, signature }: typeof first): SlashSide => ({
        commitment,
        signature: toHex(signature),
      });
      const call = registry.calls.slash({ batch, first: side(first), second: side(second) });
      try {
        const { hash, gasUsed } = await send(call, signal);
        log.warn({ event: 'slashed', signer, batch, hash, gasUsed }, 'a validator that signed twice lost its stake');
        await book.settle(signer);
      } catch (error) {
        // Looked at again at the next step: somebody was faster, or L1 has another reason, which the log tells.
        if (!(error instanceof BridgeError)) throw error;
        log.warn({ event: 'slashFailed', signer, batch, code: error.code }, 'evidence was not taken by L1');
      }
    }
  }
}
