import type { AccountIndex } from '../../protocol/types.ts';
import type { Page } from '../../sdk/explorerTypes.ts';
import type { EpochSummary, EpochView, ListedAttestation, ProviderView, ServiceView } from '../../sdk/marketTypes.ts';
import type { ArtefactKind } from '../../sdk/rpcTypes.ts';

/** The AI market as of the newest block; services' epochs as of the last closed batch. Refusals: `MarketErrorCode` (node/market). */
export interface MarketBackend {
  /** Newest first. @throws RpcError INVALID_PARAMS: no cursor of this list */
  attestations(query: {
    readonly kind?: ArtefactKind | undefined;
    readonly owner?: AccountIndex | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  }): Promise<Page<ListedAttestation>>;
  providers(filter: {
    readonly model?: AccountIndex | undefined;
    readonly service?: AccountIndex | undefined;
  }): Promise<readonly ProviderView[]>;
  services(): Promise<readonly ServiceView[]>;
  /** Newest first. */
  epochs(service: AccountIndex, limit: number): Promise<readonly EpochSummary[]>;
  epoch(service: AccountIndex, epoch: number): Promise<EpochView | undefined>;
  publish(service: AccountIndex, document: string): Promise<{ readonly service: number }>;
}
