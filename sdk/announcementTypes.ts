/** What the engram_* JSON-RPC says about agents; conventions as in rpcTypes.ts, documents as in docs/ai.md section 5. */

export interface AnnouncementFilter {
  readonly agent?: number;
  /** A service: agents that name it and that the ledger has under it. */
  readonly service?: number;
  /** A model that one of its capabilities names. */
  readonly model?: number;
  /** Only agents with a higher index: the last one of the answer before. */
  readonly after?: number;
  /** 1 … 256, default 100. */
  readonly limit?: number;
}

export interface AnnouncementMethods {
  /** The signed document (protocol/announcements). The node checks it, keeps it and tells others. */
  engram_announce: { params: readonly [signed: unknown]; result: { readonly sequence: number } };
  /** Signed documents, by agent. Whoever gets them checks them: a node can leave some out, and could make some up. */
  engram_getAnnouncements: { params: readonly [filter?: AnnouncementFilter]; result: readonly unknown[] };
}
