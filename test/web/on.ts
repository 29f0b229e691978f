import type { BrowserContextOptions } from 'playwright-core';
import type { Visit } from './browser/visit.ts';
import { BridgeUi } from './pages/bridge.ts';
import type { Person, World } from './world.ts';

export interface OnBridge {
  readonly visit: Visit;
  readonly ui: BridgeUi;
}

/** A browser that was never here, on the bridge page, with the person's wallet connected. What the page did wrong fails it at the end. */
export async function onBridge<T>(
  world: World,
  { wallet }: Pick<Person, 'wallet'>,
  work: (on: OnBridge) => Promise<T>,
  options: { readonly url?: string; readonly context?: BrowserContextOptions } = {},
): Promise<T> {
  const visit = await world.visit({ wallet, ...options });
  try {
    const ui = new BridgeUi(visit.page);
    await ui.connect(wallet.name);
    const result = await work({ visit, ui });
    visit.check();
    return result;
  } catch (error) {
    throw await visit.asSeen(error);
  } finally {
    await visit.close();
  }
}
