import type { Message } from '@grapevine/protocol'

/** How much a node keeps in memory for its readers: a fraction of a second of a flood, hours of a quiet topic. A guess. */
const messagesMax = 32_768
const bytesMax = 16 << 20
/** The same while nobody reads: what the store has too need not fill memory, and cost its collection, for nobody. */
const unreadMax = 1_024
/** What a message costs beside its payload. */
const entryBytes = 300

/** A message as it was delivered. */
export interface Entry {
  readonly message: Message
  /** Its place among those of its topic that are in memory alone, from 1; 0 if the store has it. */
  readonly loose: number
  readonly bytes: number
}

/**
 * The messages that were delivered last, over all topics, numbered from 1 as they come. Every reader pulls from here at
 * its own pace, so a slow one costs nothing; what is gone from here is in the store, or missed.
 */
export class RecentMessages {
  /** By number modulo `messagesMax`. */
  readonly #entries: (Entry | undefined)[] = []
  /** How many of a topic came that only memory has, and how many of those are gone. */
  readonly #loose = new Map<string, number>()
  readonly #looseGone = new Map<string, number>()
  #lastLooseGone = 0
  #oldest = 1
  #last = 0
  #bytes = 0
  #arrivalGone: number
  #lastArrival: number

  /** `lastArrival`: the arrival number that the store was at when the node started. */
  constructor(lastArrival = 0) {
    this.#arrivalGone = lastArrival
    this.#lastArrival = lastArrival
  }

  /** Number of the oldest message that is still here. */
  get oldest(): number {
    return this.#oldest
  }

  /** Number of the message that came last; 0 before the first. */
  get last(): number {
    return this.#last
  }

  /** What the store got up to this arrival number is no longer here; everything later is. */
  get arrivalGone(): number {
    return this.#arrivalGone
  }

  /** The arrival number of the newest message from the store. */
  get lastArrival(): number {
    return this.#lastArrival
  }

  /** How many messages of a topic came that only memory has. */
  loose(topic: string): number {
    return this.#loose.get(topic) ?? 0
  }

  /** How many of those are gone. */
  looseGone(topic: string): number {
    return this.#looseGone.get(topic) ?? 0
  }

  /** Number of the last message that only memory had, of any topic, and that is gone; 0 before the first. */
  get lastLooseGone(): number {
    return this.#lastLooseGone
  }

  /** Takes a message, and returns its number. `isRead`: whether there is a reader of anything. */
  add(message: Message, isRead = true): number {
    const { topic, payload, arrival } = message
    const { buffer } = payload
    // The payloads of an envelope share its bytes, which live as long as one of them.
    const shared = this.#entries[this.#last % messagesMax]?.message.payload.buffer === buffer
    const bytes = entryBytes + (shared ? 0 : buffer.byteLength)
    const number = ++this.#last
    if (number - this.#oldest >= messagesMax) this.#drop()
    const loose = arrival === undefined ? this.loose(topic) + 1 : 0
    if (loose > 0) this.#loose.set(topic, loose)
    else this.#lastArrival = arrival!
    this.#entries[number % messagesMax] = { message, loose, bytes }
    this.#bytes += bytes
    // The newest stays, or nobody would ever see it.
    while (this.#bytes > bytesMax && this.#oldest < number) this.#drop()
    const countMax = isRead ? messagesMax : unreadMax
    while (number - this.#oldest >= countMax && this.at(this.#oldest).loose === 0) this.#drop()
    return number
  }

  /** The message with a number from `oldest` to `last`. */
  at(number: number): Entry {
    return this.#entries[number % messagesMax]!
  }

  /** A topic went. */
  forget(topic: string): void {
    this.#loose.delete(topic)
    this.#looseGone.delete(topic)
  }

  #drop(): void {
    const number = this.#oldest++
    const slot = number % messagesMax
    const { message, loose, bytes } = this.#entries[slot]!
    this.#entries[slot] = undefined
    this.#bytes -= bytes
    if (loose > 0) {
      this.#looseGone.set(message.topic, loose)
      this.#lastLooseGone = number
    } else this.#arrivalGone = Math.max(this.#arrivalGone, message.arrival ?? 0)
  }
}
