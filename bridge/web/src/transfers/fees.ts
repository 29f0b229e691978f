import { getGasPrice } from 'viem/actions';
import { getFees } from '../../../../sdk/actions/reads.ts';
import { engramError } from '../../../../sdk/request.ts';
import type { FeeKind, Fees } from './api.ts';
import type { L1Chain } from './l1/l1Chain.ts';
import type { NodeView } from './node/nodeView.ts';

/** Units of gas, about (bridge/gas-snapshot.json; an escape with its proof); of ETH, and of an ERC-20 with its approval. */
const GAS: Readonly<Record<Exclude<FeeKind, 'exit'>, readonly [eth: bigint, erc20: bigint]>> = {
  deposit: [55_000n, 130_000n],
  laneDeposit: [39_000n, 125_000n],
  laneWithdrawal: [120_000n, 140_000n],
  forcedExit: [53_000n, 53_000n],
  escape: [330_000n, 330_000n],
  withdraw: [32_000n, 46_000n],
  claim: [85_000n, 85_000n],
  refund: [40_000n, 62_000n],
  freeze: [44_000n, 44_000n],
};
const QUEUED: ReadonlySet<FeeKind> = new Set<FeeKind>(['deposit', 'forcedExit']);

/** What something will cost, before anybody is asked. @throws BridgeError; EngramError for what only the node knows */
export async function feesOf(
  kind: FeeKind,
  token: number,
  { l1, node }: { l1: L1Chain; node: NodeView | undefined },
): Promise<Fees> {
  if (kind === 'exit') {
    if (node === undefined) return {};
    const lane = (await getFees(node.client)).find((fee) => fee.token === token);
    return { ledgerFee: lane?.minimumFee ?? 0n };
  }
  const units = GAS[kind][token === 0 ? 0 : 1];
  if (kind === 'laneWithdrawal') {
    if (node === undefined) return {};
    const price = await getGasPrice(node.client).catch((error: unknown) => {
      throw engramError(error);
    });
    return { gas: { units, price } };
  }
  const [price, reader] = await Promise.all([l1.ask(() => l1.client.getGasPrice()), l1.reader()]);
  const { queueFee } = await reader.parameters();
  return { gas: { units, price }, ...(QUEUED.has(kind) && { queueFee }) };
}
