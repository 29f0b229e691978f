import { Gauge, type Registry } from 'prom-client';

/** What a validator says of itself. */
export interface ValidatorReport {
  /** The last batch that L1 has as attested. */
  readonly attestedBatch: number;
  /** A batch of which L1 has another outcome than this node. */
  readonly mismatch: number | undefined;
  /** The last batch this key signed; 0: none yet. */
  readonly lastSigned: number;
  /** Others' signatures that are held. */
  readonly collected: number;
  /** Validators found to have signed twice. */
  readonly evidence: number;
}

/** Who may propose blocks, as this node sees it. */
export interface LeadershipReport {
  readonly isOurTurn: boolean;
  /** Whether anyone may submit batches: the seat is silent or vacant. */
  readonly isOpen: boolean;
  readonly slot: number;
}

export interface ValidatorMetrics {
  report(report: ValidatorReport): void;
  leadership(report: LeadershipReport): void;
}

export function validatorMetrics(register: Registry): ValidatorMetrics {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [register] });
  const attested = gauge('engram_validator_attested_batch', 'Last batch that L1 has as attested');
  const signed = gauge('engram_validator_last_signed_batch', 'Last batch that this node signed');
  const mismatch = gauge(
    'engram_validator_mismatch_batch',
    'Batch of which L1 has another outcome than this node; 0: none',
  );
  const collected = gauge('engram_validator_signatures_held', 'Signatures of other validators that are held');
  const evidence = gauge('engram_validator_equivocations', 'Validators found to have signed two outcomes of one batch');
  const turn = gauge('engram_leader_is_our_turn', '1 while this node proposes blocks');
  const open = gauge('engram_leader_path_is_open', '1 while anyone may submit batches: the seat is silent or vacant');
  const slot = gauge('engram_leader_slot', 'Slot of the rotation by L1’s clock');
  return {
    report: (report) => {
      attested.set(report.attestedBatch);
      signed.set(report.lastSigned);
      mismatch.set(report.mismatch ?? 0);
      collected.set(report.collected);
      evidence.set(report.evidence);
    },
    leadership: ({ isOurTurn, isOpen, slot: now }) => {
      turn.set(isOurTurn ? 1 : 0);
      open.set(isOpen ? 1 : 0);
      slot.set(now);
    },
  };
}
