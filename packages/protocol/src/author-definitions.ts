import { toHex } from './bytes.ts'

/** Authors remembered on one topic. Enough to see who disagrees; more would let strangers fill the memory with keys. */
export const authorsPerTopicMax = 64

/** An author of a topic and the definition that it goes by. */
export interface AuthorDefinition {
  /** Public key, 32 bytes. */
  readonly author: Uint8Array
  /** First bytes of the definition's hash, 1 to 32; absent: the topic is undefined for this author. */
  readonly schemaId?: Uint8Array
}

/**
 * Which definition each author of a topic goes by, from the schema ids of envelopes whose signature is known to be good.
 * Keeps the {@link authorsPerTopicMax} authors of a topic that spoke last: about 12 KiB a topic.
 */
export class AuthorDefinitions {
  readonly #byTopic = new Map<string, Map<string, AuthorDefinition>>()

  /** Takes note of a verified envelope. */
  note(topic: string, author: Uint8Array, schemaId: Uint8Array | undefined): void {
    let authors = this.#byTopic.get(topic)
    if (authors === undefined) this.#byTopic.set(topic, (authors = new Map()))
    const key = toHex(author)
    // To the end of the order: the one that spoke longest ago is first.
    authors.delete(key)
    // Copies: what is noted must not keep a whole envelope alive.
    authors.set(key, { author: author.slice(), ...(schemaId && { schemaId: schemaId.slice() }) })
    if (authors.size > authorsPerTopicMax) authors.delete(authors.keys().next().value!)
  }

  /** Authors of a topic, the one that spoke last at the end. */
  of(topic: string): readonly AuthorDefinition[] {
    return [...(this.#byTopic.get(topic)?.values() ?? [])]
  }

  /** Forgets a topic that is held no longer. */
  released(topic: string): void {
    this.#byTopic.delete(topic)
  }
}
