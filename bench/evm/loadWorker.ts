/** The load generator's process: signs first, then sends when told. Its parent speaks to it by messages. */
import { type LoadOptions, runLoad } from './load.ts';
import { type RoundPlan, signedRound } from './workload.ts';

export type LoadRequest =
  | { readonly id: number; readonly type: 'sign'; readonly plan: RoundPlan }
  | { readonly id: number; readonly type: 'send'; readonly options: LoadOptions };

let signed: ReturnType<typeof signedRound> = [];

process.on('message', (message) => {
  const request = message as LoadRequest; // from our parent alone
  answer(request).then(
    (result) => process.send?.({ id: request.id, result }),
    (error) => process.send?.({ id: request.id, error: String(error) }),
  );
});

async function answer(request: LoadRequest): Promise<unknown> {
  if (request.type === 'send') return runLoad(signed, request.options);
  signed = signedRound(request.plan);
  return signed.flat().length;
}
