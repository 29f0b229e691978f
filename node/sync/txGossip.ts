import { decodeTx } from '../../protocol/codec/tx.ts';
import { gossipVerdict } from '../../sequencer/gossipVerdict.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import type { Verdict } from '../p2p/types.ts';
import { accept } from './verdicts.ts';

/** Users' transactions from other nodes: taken into the pools by the same rules as those of this node's own users. */
export class TxGossip {
  readonly #sequencer: Pick<Sequencer, 'submit' | 'submitEvm'>;

  constructor(deps: { readonly sequencer: Pick<Sequencer, 'submit' | 'submitEvm'> }) {
    this.#sequencer = deps.sequencer;
  }

  onLedgerTx(bytes: Uint8Array): Promise<Verdict> {
    return judged(async () => {
      await this.#sequencer.submit(decodeTx(bytes));
    });
  }

  onEvmTx(bytes: Uint8Array): Promise<Verdict> {
    return judged(async () => {
      // The pool keeps the bytes.
      await this.#sequencer.submitEvm(Uint8Array.from(bytes));
    });
  }
}

async function judged(submit: () => Promise<void>): Promise<Verdict> {
  try {
    await submit();
    return accept();
  } catch (error) {
    return gossipVerdict(error);
  }
}
