import { hash } from 'node:crypto'
import { concatBytes, encodeUtf8, fromHex, keySize, type KeyList, type Message, toHex } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import type { Store } from '../store/store.ts'
import type { MessageLog } from './log.ts'

/** The keys that the node holds of a topic, in memory. */
interface HeldKeys {
  /** Keys that begin with `prefix`; looks at all of them. */
  find(prefix: Uint8Array, max: number): KeyList
  has(time: number, key: Uint8Array): boolean
}

/** What finding messages by their ids needs. */
export interface FindIdOptions {
  readonly store: Store
  readonly log: MessageLog
  /** The keys of a topic. */
  readonly keys: (topic: string) => HeldKeys
}

/**
 * The share of time that looking at all keys may take: readers in causal order ask for whatever peers name as a parent.
 */
const shareMax = 0.1

/** Finds stored messages by their ids. Ids that come from signed bytes are found in memory, by looking at all keys. */
export class FindId {
  readonly #options: FindIdOptions
  #notBefore = 0

  constructor(options: FindIdOptions) {
    this.#options = options
  }

  /** The message with an id, `absent`, or `unknown` where there was no time to look. */
  async whole(topic: string, id: Uint8Array): Promise<Message | 'absent' | 'unknown'> {
    const start = performance.now()
    if (start < this.#notBefore) return 'unknown'
    const found = await this.#load(topic, id)
    const elapsed = performance.now() - start
    // Some microseconds are nobody's trouble, however often.
    if (elapsed > 1) this.#notBefore = start + elapsed / shareMax
    return found.find((message) => Buffer.compare(message.id, id) === 0) ?? 'absent'
  }

  /**
   * The message whose id a person gave in hex, whole or as a prefix of at least 6 digits. Errors `usage`, `not-found`.
   */
  async byText(topics: readonly string[], text: string): Promise<Message> {
    const digits = text.toLowerCase()
    const whole = fromHex(digits.slice(0, digits.length - (digits.length % 2)))
    if (!/^[0-9a-f]{2,64}$/.test(digits) || whole === undefined)
      throw new NodeError('usage', 'a message id has 2 to 64 hex digits', 'copy it as pub or sub --json print it')
    const found: Message[] = []
    for (const topic of topics) {
      const loaded = await this.#load(topic, whole)
      const fits = loaded.filter(({ id }) => toHex(id).startsWith(digits))
      const exact = fits.find(({ id }) => toHex(id) === digits)
      if (exact !== undefined) return exact
      if (digits.length >= 6) found.push(...fits)
    }
    if (found.length > 1) throw new NodeError('usage', `several messages have ids that begin with ${digits}`)
    if (found.length === 1) return found[0]!
    const where = topics.length === 1 ? `history ${topics[0]}` : 'ls'
    throw new NodeError('not-found', `no message with the id ${digits} is stored`, `see: grapevine topic ${where}`)
  }

  /** Messages whose ids begin so, some of them. */
  async #load(topic: string, id: Uint8Array): Promise<readonly Message[]> {
    const { store, log, keys } = this.#options
    const held = keys(topic)
    const byContent = hash('sha256', concatBytes(encodeUtf8(`${topic}\0`), id), 'buffer').subarray(0, keySize)
    const found = held.has(0, byContent) ? undefined : held.find(id.subarray(0, keySize), 3)
    const wanted =
      found === undefined
        ? [{ time: 0, key: byContent }]
        : Array.from({ length: found.length }, (_, at) => ({ time: found.time(at), key: found.id(at) }))
    if (wanted.length === 0) return []
    const { records } = await store.load(topic, wanted, 1 << 20)
    const messages = records.flatMap((record) => log.messagesIn(record))
    return messages.filter((message) => Buffer.compare(message.id.subarray(0, id.length), id) === 0)
  }
}
