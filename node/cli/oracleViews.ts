/** Questions to models for people. Pure. */
import { prefixedHex } from '../../protocol/bytes.ts';
import type { ModelAnswer, QuestionView } from '../../sdk/index.ts';
import { columns } from './columns.ts';
import { date, money } from './units.ts';

/** An answer as the commands print it. */
export function resultOf({ output, execution, paid, hasCallbackFailed, block, transactionHash }: ModelAnswer) {
  return {
    output: prefixedHex(output),
    execution,
    paid,
    hasCallbackFailed,
    answeredIn: block,
    answerTransaction: transactionHash,
  };
}

export function questionView(found: QuestionView & { readonly answer?: ReturnType<typeof resultOf> }): string {
  const {
    question,
    status,
    model,
    asker,
    providers,
    answered,
    quorum,
    deadline,
    revealFrom,
    fee,
    price,
    callbackGas,
    answer,
  } = found;
  return columns([
    ['question', String(question)],
    ['status', status],
    ['model', String(model)],
    ['asker', asker],
    ['asked', `${providers.join(', ')}; ${quorum} must agree`],
    ['answered', answered.length === 0 ? 'nobody yet' : answered.join(', ')],
    ...(revealFrom === 0 ? [] : [['shown from', `${date(revealFrom)}, if committed to before`]]),
    ['until', date(deadline)],
    ['fee', `${money(String(fee), 0)}: ${money(String(price), 0)} for each of the quorum`],
    ['callback', callbackGas === 0 ? 'none' : `with ${callbackGas} gas`],
    ...(answer === undefined
      ? []
      : [
          ['output', answer.output],
          ['paid', answer.paid.join(', ')],
          ['callback failed', answer.hasCallbackFailed ? 'yes' : 'no'],
        ]),
  ]);
}
