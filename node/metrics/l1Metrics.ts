import { Counter, Gauge, type Registry } from 'prom-client';
import { formatEther } from 'viem';

export interface L1Metrics {
  transaction(call: string, gasUsed: bigint): void;
  /** Wei of the node's L1 account. */
  balance(wei: bigint): void;
  /** Asked at every scrape; to be called once. @param answeredAtMs Milliseconds since 1970; 0: never */
  watch(answeredAtMs: () => number): void;
}

/** The node's dealings with L1. */
export function l1Metrics(register: Registry): L1Metrics {
  const registers = [register];
  const gas = new Counter({
    name: 'engram_l1_gas_total',
    help: 'Gas used by this node’s L1 transactions',
    labelNames: ['call'],
    registers,
  });
  const transactions = new Counter({
    name: 'engram_l1_transactions_total',
    help: 'L1 transactions of this node that were mined',
    labelNames: ['call'],
    registers,
  });
  // Made by the first report: who has no account is not short of money, who does not look at L1 does not miss it.
  let balance: Gauge | undefined;
  return {
    transaction: (call, gasUsed) => {
      gas.inc({ call }, Number(gasUsed));
      transactions.inc({ call });
    },
    balance: (wei) => {
      balance ??= new Gauge({ name: 'engram_l1_balance_ether', help: 'ETH of the node’s L1 account', registers });
      balance.set(Number(formatEther(wei)));
    },
    watch: (answeredAtMs) => {
      new Gauge({
        name: 'engram_l1_answered_timestamp_seconds',
        help: 'When L1 last answered; 0: never',
        registers,
        collect() {
          this.set(answeredAtMs() / 1000);
        },
      });
    },
  };
}
