/** A request to a provider as docs/ai.md section 2 has it, whatever carries it. */
export interface ProviderCall {
  readonly method: 'GET' | 'POST';
  /** From `/v1/…` on. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface ProviderReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export interface CallLimits {
  /** Of the whole call, ms. */
  readonly timeoutMs: number;
  /** Of the answer's body. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Carries calls: HTTP, a network's frames, or a function in a test. */
export interface ProviderTransport {
  /** @throws ConsumerError UNREACHABLE, TIMEOUT, ANSWER_TOO_LARGE, TRUNCATED, ABORTED and what its kind adds */
  call(call: ProviderCall, limits: CallLimits): Promise<ProviderReply>;
  close(): void;
}
