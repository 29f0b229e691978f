import type { Scenario } from './scenario.ts';
import { depositEth, depositToken } from './scenarios/deposit.ts';
import { escapeAfterFreeze } from './scenarios/escape.ts';
import { explorer } from './scenarios/explorer.ts';
import { hostileTokens } from './scenarios/hostileTokens.ts';
import { keyboard } from './scenarios/keyboard.ts';
import { looks } from './scenarios/looks.ts';
import { market } from './scenarios/market.ts';
import { nodeDown } from './scenarios/nodeDown.ts';
import { accountChanged, doubleClick, insufficientFunds, rejection, wrongNetwork } from './scenarios/refusals.ts';
import { reload } from './scenarios/reload.ts';
import { size } from './scenarios/size.ts';
import { forcedExit, lane, withdrawByExit } from './scenarios/withdraw.ts';

/** In this order; what a scenario leaves behind is there for the next. The last one ends the network. */
export const SCENARIOS: readonly Scenario[] = [
  size,
  depositEth,
  depositToken,
  withdrawByExit,
  lane,
  forcedExit,
  rejection,
  wrongNetwork,
  insufficientFunds,
  accountChanged,
  doubleClick,
  reload,
  keyboard,
  nodeDown,
  hostileTokens,
  explorer,
  market,
  looks,
  escapeAfterFreeze,
];
