import { EvmError } from '../evm/errors.ts';
import { decodeEvmData } from '../evm/evmData.ts';
import { type BatchPlan, type PlanContext, planOf } from './plan.ts';
import type { DataFault, Fault } from './types.ts';

/** The blocks that posted bytes say, if all that can be judged without executing them is in order. */
export async function planPosted(evmData: Uint8Array, context: PlanContext): Promise<BatchPlan | Fault> {
  let plan: BatchPlan | DataFault;
  try {
    plan = planOf(await decodeEvmData(evmData), context);
  } catch (error) {
    if (!(error instanceof EvmError && error.code === 'BAD_EVM_DATA')) throw error;
    return faultOf('does not decode', String(error.data.reason));
  }
  return typeof plan === 'string' ? faultOf(plan, '') : plan;
}

export function faultOf(reason: DataFault, detail: string): Fault {
  return { reason, detail };
}
