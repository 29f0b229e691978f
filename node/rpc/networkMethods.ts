import { z } from 'zod';
import type { NetworkBackend } from './backend.ts';
import type { RegisterMethod } from './method.ts';

/** The node among others. */
export function registerNetworkMethods(method: RegisterMethod, network: NetworkBackend): void {
  method('engram_getNetwork', z.tuple([]), async () => network.view());
}
