import { OPTIONAL_KINDS, REQUEST_KINDS, type RequestKind, TOPICS, type Topic } from './types.ts';

/** Names of topics and protocols of one chain; a node of another chain has none of them. */
export class Names {
  readonly topics: readonly string[];
  readonly #prefix: string;
  readonly #topicOf: ReadonlyMap<string, Topic>;

  /** @param id the domain's first 16 hex digits */
  constructor(id: string) {
    this.#prefix = `/engram/1/${id}/`;
    this.#topicOf = new Map(TOPICS.map((topic) => [this.topic(topic), topic]));
    this.topics = [...this.#topicOf.keys()];
  }

  topic(topic: Topic): string {
    return this.#prefix + topic;
  }

  topicOf(name: string): Topic | undefined {
    return this.#topicOf.get(name);
  }

  protocol(kind: RequestKind): string {
    return this.#prefix + kind;
  }

  /** Whether a peer that has these protocols is one of ours. */
  isOurs(protocols: readonly string[]): boolean {
    return REQUEST_KINDS.every((kind) => OPTIONAL_KINDS.has(kind) || protocols.includes(this.protocol(kind)));
  }
}
