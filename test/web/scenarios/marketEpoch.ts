import type { Page } from 'playwright-core';
import { formatEther } from 'viem';
import { percent } from '../../../bridge/web/src/market/numbers.ts';
import { en } from '../../../bridge/web/src/texts/en.ts';
import { fill } from '../../../bridge/web/src/texts/index.tsx';
import type { EpochJson } from '../../../node/cli/epochViews.ts';
import type { EpochView, ProviderView } from '../../../sdk/marketTypes.ts';
import type { Wire } from '../../../sdk/rpcTypes.ts';
import { same } from '../errors.ts';
import type { Market } from '../market/market.ts';
import { amounts, type MarketUi, says, shown } from '../market/marketUi.ts';
import { shows } from './explorer.ts';

type Cli = Wire<EpochJson>;
type Shares = readonly (readonly [provider: number, share: number])[];
const { market: words } = en;
const ONE = 0xffff;

/** What the program computed from L1 and what the node says are one. @throws WebCheckError DIFFERS */
export function nodeAgrees(view: Wire<EpochView>, cli: Cli): void {
  same('L1 says that the epoch is paid', [cli.payout.status, cli.payout.differences], ['paid', []]);
  same('the hash of the result', view.resultHash, cli.resultHash);
  same('due and paid in all', [view.due, view.paid], [cli.due, cli.payout.paid]);
  const earners = cli.participants.filter(({ isProvider }) => isProvider);
  const byDue = [...earners].sort((x, y) => Number(BigInt(y.due) - BigInt(x.due)));
  same(
    'earners',
    view.earners.map(({ account, incentive, due, paid }) => [account, Math.round(incentive * ONE), due, paid]),
    byDue.map(({ account, incentive, due }) => [account, incentive, due, due]),
  );
  same(
    'judges',
    view.judges.map(({ account, stake, dividend, due, paid }) => [
      account,
      stake,
      Math.round(dividend * ONE),
      due,
      paid,
    ]),
    judgesOf(cli).map(({ account, stake, dividends, due }) => [account, stake, dividends, due, due]),
  );
  for (const { account, weights } of view.judges) {
    const byProvider = weights.map(({ provider, weight }) => [provider, weight] as const).sort(byFirst);
    same(`weights of ${account}`, byProvider.map(rounded), [...sharesOf(cli, account)].sort(byFirst).map(rounded));
  }
  same('somebody earned', BigInt(cli.due) > 0n && earners.every(({ due }) => BigInt(due) > 0n), true);
}

/** Both providers with their price, score, place and hours. */
export async function providersAreShown(
  ui: MarketUi,
  { providers }: Market,
  { cli, views }: { cli: Cli; views: readonly Wire<ProviderView>[] },
): Promise<void> {
  const places = cli.participants
    .filter(({ isProvider }) => isProvider)
    .sort((x, y) => y.incentive - x.incentive)
    .map(({ account }) => account);
  for (const { owner, name, price, agent } of providers) {
    const one = cli.participants.find(({ account }) => account === owner);
    const view = views.find((found) => found.owner === owner);
    same(`agent of ${name}`, [view?.agent, one?.agent], [agent, agent]);
    const { active = 0, of = 0 } = view?.uptime ?? {};
    same(`${name} settled something lately`, active > 0, true);
    await says(`the row of ${name}`, ui.provider(owner), [
      name,
      shown(one?.incentive ?? 0),
      fill(words.providers.rank, { rank: places.indexOf(owner) + 1, among: places.length }),
      fill(words.providers.uptimeText, { active, of }),
      formatEther(price),
    ]);
  }
}

/** The service's list has the epoch as paid. */
export async function serviceIsShown(ui: MarketUi, { service, epoch }: Market, cli: Cli): Promise<void> {
  const row = ui.epoch(service.index, epoch);
  await says('the row of the epoch', row, [words.epoch.states.paid.name]);
  await amounts('due and paid in the row of the epoch', row, [cli.due, cli.payout.paid]);
}

/** Who earned what and why, who judged and how: each figure as the program computed it. */
export async function epochIsShown(page: Page, ui: MarketUi, cli: Cli): Promise<void> {
  await shows(page, words.epoch.states.paid.text);
  await shows(page, cli.resultHash);
  const judges = judgesOf(cli);
  for (const { account, incentive, consensus, due } of cli.participants.filter(({ isProvider }) => isProvider)) {
    const entry = ui.earner(account);
    const why = `${fill(words.provider, { index: account })} earned ${shown(incentive)} of what goes to providers because`;
    await says(`earner ${account}`, entry, [why, shown(consensus), words.epoch.exact]);
    await amounts(`what earner ${account} is due`, entry, [due]);
  }
  for (const { account, stake = '0', dividends, due } of judges) {
    const row = ui.judge(account);
    await says(`judge ${account}`, row, [words.epoch.counted, shown(dividends), words.epoch.exact]);
    await amounts(`stake of judge ${account}, and what it is due`, row, [stake, due]);
    const shares = sharesOf(cli, account).map(([, share]) => percent(share, 'en'));
    await says(`weights of judge ${account}`, ui.weightsOf(account), shares);
  }
}

function judgesOf({ participants }: Cli): Cli['participants'] {
  return participants.filter(({ isEvaluator }) => isEvaluator);
}

/** An evaluator's weights as parts of a whole, by the provider's KEY account. */
function sharesOf({ participants, weights }: Cli, judge: number): Shares {
  const own = weights.find(({ evaluator }) => evaluator === judge)?.weights ?? [];
  const sum = own.reduce((all, [, weight]) => all + weight, 0);
  return own.map(([agent, weight]) => [participants.find((one) => one.agent === agent)?.account ?? 0, weight / sum]);
}

const byFirst = (x: readonly [number, number], y: readonly [number, number]): number => x[0] - y[0];
const rounded = ([provider, share]: readonly [number, number]): unknown => [provider, Math.round(share * 1e9)];
