/** Anvil's: nothing of worth is on such a chain. */
const DEVNET_L1 = 31_337;

export interface PrivateAddresses {
  /** The user's own word. */
  readonly allowPrivate?: boolean | undefined;
  /** The one address that is asked, if the user named it. */
  readonly provider?: string | undefined;
  readonly rpc: string;
}

/**
 * Whether providers at addresses that are not public are asked. Announced addresses are strangers' words: only on a devnet of this machine
 * are they taken as they are. A node elsewhere may call itself a devnet, and a node here may be of a public network.
 */
export function allowsPrivate({ allowPrivate, provider, rpc }: PrivateAddresses, l1ChainId: number): boolean {
  return allowPrivate ?? (provider !== undefined || (l1ChainId === DEVNET_L1 && isLocal(rpc)));
}

function isLocal(rpc: string): boolean {
  return URL.canParse(rpc) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(rpc).hostname);
}
