import type { Message } from '@grapevine/protocol'

/** How much a node keeps for readers that come back: a few seconds of a busy topic. A store will hold the rest. */
const messagesMax = 1_024
const bytesMax = 4 << 20
/** What a message costs beside its payload. */
const entryBytes = 300

interface Entry {
  readonly message: Message
  readonly bytes: number
}

/** The messages that were delivered last, over all topics, numbered from 1 as they come. */
export class RecentMessages {
  /** By number modulo `messagesMax`. */
  readonly #entries: (Entry | undefined)[] = Array.from({ length: messagesMax })
  #oldest = 1
  #last = 0
  #bytes = 0

  /** Number of the message that came last; 0 before the first. */
  get last(): number {
    return this.#last
  }

  /** Takes a message, and returns its number. */
  add(message: Message): number {
    const { buffer } = message.payload
    // The payloads of an envelope share its bytes, which live as long as one of them.
    const shared = this.#entries[this.#last % messagesMax]?.message.payload.buffer === buffer
    const bytes = entryBytes + (shared ? 0 : buffer.byteLength)
    const number = ++this.#last
    if (number - this.#oldest >= messagesMax) this.#drop()
    this.#entries[number % messagesMax] = { message, bytes }
    this.#bytes += bytes
    while (this.#bytes > bytesMax) this.#drop()
    return number
  }

  /** The messages that came after a number, with theirs; undefined where some of them are gone, or none had that number. */
  after(number: number): readonly { readonly number: number; readonly message: Message }[] | undefined {
    if (number > this.#last || number < this.#oldest - 1) return undefined
    const found: { number: number; message: Message }[] = []
    for (let next = number + 1; next <= this.#last; next++) {
      found.push({ number: next, message: this.#entries[next % messagesMax]!.message })
    }
    return found
  }

  #drop(): void {
    const slot = this.#oldest++ % messagesMax
    this.#bytes -= this.#entries[slot]!.bytes
    this.#entries[slot] = undefined
  }
}
