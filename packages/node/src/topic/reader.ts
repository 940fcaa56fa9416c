import type { GapView, Message } from '@grapevine/protocol'
import type { RecentMessages } from './recent.ts'

/** A place between messages: what memory numbers, and what the store does. */
export interface Position {
  /** Of the message taken last among all that were delivered in this life of the node. */
  readonly number: number
  /** Of the message taken last from the store, in arrival order; 0 before the first. */
  readonly arrival: number
}

/** A piece of the past. */
export interface Page {
  /** May be made while they are read, and only once. */
  readonly messages: Iterable<Message>
  /** The store was looked at up to this arrival number: what the reader wants of it is in `messages`. */
  readonly upTo: number
  /** Whether there is more behind it. */
  readonly isCut: boolean
}

/** Where a reader finds what is no longer in memory. */
export interface Past {
  /** Messages of topics behind an arrival number, in order of arrival; a page of bounded size. */
  page(topics: ReadonlySet<string>, after: number): Promise<Page>
  /** A message of a page with its fetched body, if that is one for readers. */
  whole(message: Message): Promise<Message>
}

/** What a reader needs of its node. */
export interface ReaderOptions {
  readonly recent: RecentMessages
  readonly past?: Past | undefined
  readonly topics: Iterable<string>
  /** Begin behind this place; default: with the next message. */
  readonly after?: Position | undefined
  /** Begin with a gap of unknown size: nobody knows what came before. */
  readonly isTorn?: boolean
  /** Of what comes from the store, only this. */
  readonly wants?: ((message: Message) => boolean) | undefined
  readonly onClose: (reader: Reader) => void
}

/**
 * One reader. It pulls: from the store as long as it is behind what memory has, then from memory. A slow one so never
 * misses what is kept; of what is not, it is told with a gap how much it missed. Ends after what came before `close`.
 */
export class Reader implements AsyncIterable<Message | GapView> {
  readonly #options: ReaderOptions
  readonly #topics: Set<string>
  /** The last of the messages of each topic that only memory has, as {@link RecentMessages.loose} counts. */
  readonly #loose = new Map<string, number>()
  #number: number
  #arrival: number
  #end = Infinity
  #isTorn: boolean
  #wake: (() => void) | undefined
  /** Asked for ahead: the page behind an arrival number, of so many topics. */
  #next: { readonly after: number; readonly topics: number; readonly page: Promise<Page> } | undefined

  constructor(options: ReaderOptions) {
    const { recent, topics, after, isTorn = false } = options
    this.#options = options
    this.#topics = new Set(topics)
    this.#number = after?.number ?? recent.last
    this.#arrival = after?.arrival ?? recent.lastArrival
    this.#isTorn = isTorn
    for (const topic of this.#topics) this.#loose.set(topic, this.#looseAt(topic))
  }

  get position(): Position {
    return { number: this.#number, arrival: this.#arrival }
  }

  get topics(): ReadonlySet<string> {
    return this.#topics
  }

  /** Reads another topic too, from its next message on. */
  follow(topic: string): void {
    if (this.#topics.has(topic)) return
    this.#topics.add(topic)
    this.#loose.set(topic, this.#options.recent.loose(topic))
  }

  /** There is something new. */
  wake(): void {
    this.#wake?.()
  }

  close(): void {
    if (this.#end !== Infinity) return
    this.#end = this.#options.recent.last
    this.#options.onClose(this)
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message | GapView, void, void> {
    const { recent, past, wants } = this.#options
    try {
      if (this.#isTorn) yield { gap: {} }
      for (;;) {
        if (past !== undefined && this.#arrival < recent.arrivalGone) {
          if (this.#end !== Infinity) return
          const { messages, upTo, isCut } = await this.#page(past)
          // Under load a store takes its time to answer: the next page comes while this one is read.
          if (isCut) this.#ask(past, upTo)
          for (const message of messages) {
            this.#arrival = message.arrival!
            if (wants === undefined || wants(message))
              yield message.fetched === undefined ? message : await past.whole(message)
          }
          this.#arrival = Math.max(this.#arrival, upTo)
          continue
        }
        const missed = this.#missed()
        if (missed > 0) yield { gap: { missed } }
        const next = this.#take()
        if (next !== undefined) yield next
        else if (this.#number >= Math.min(this.#end, recent.last)) {
          if (this.#end !== Infinity) return
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
          this.#wake = undefined
        }
      }
    } finally {
      this.close()
    }
  }

  /** What comes next from the store. */
  #page(past: Past): Promise<Page> {
    const next = this.#next
    this.#next = undefined
    // Of a topic that is followed since then it has nothing.
    const isIt = next !== undefined && next.after === this.#arrival && next.topics === this.#topics.size
    return isIt ? next.page : past.page(this.#topics, this.#arrival)
  }

  #ask(past: Past, after: number): void {
    const page = past.page(this.#topics, after)
    // It fails where it is awaited, if it is.
    page.catch(() => {})
    this.#next = { after, topics: this.#topics.size, page }
  }

  /** The next message in memory that is for this reader. */
  #take(): Message | undefined {
    const { recent } = this.#options
    const end = Math.min(this.#end, recent.last)
    this.#number = Math.max(this.#number, recent.oldest - 1)
    while (this.#number < end) {
      const { message, loose } = recent.at(++this.#number)
      const { topic, arrival } = message
      const isOurs = this.#topics.has(topic)
      if (arrival === undefined) {
        if (!isOurs) continue
        this.#loose.set(topic, loose)
        return message
      }
      const isNew = arrival > this.#arrival
      // Of other topics too: the store need not be asked for what memory has shown not to be ours.
      if (isNew) this.#arrival = arrival
      if (isNew && isOurs) return message
    }
    return undefined
  }

  /** How many messages went by that only memory had, since it was asked last. */
  #missed(): number {
    const { recent } = this.#options
    if (this.#number >= recent.oldest - 1) return 0
    let missed = 0
    for (const topic of this.#topics) {
      const gone = recent.looseGone(topic)
      const taken = this.#loose.get(topic) ?? 0
      if (gone <= taken) continue
      missed += gone - taken
      this.#loose.set(topic, gone)
    }
    this.#number = recent.oldest - 1
    return missed
  }

  /** What was counted of a topic when the reader's place was the newest. */
  #looseAt(topic: string): number {
    const { recent } = this.#options
    for (let number = Math.max(this.#number + 1, recent.oldest); number <= recent.last; number++) {
      const { message, loose } = recent.at(number)
      if (message.topic === topic && loose > 0) return loose - 1
    }
    return Math.max(recent.looseGone(topic), recent.loose(topic))
  }
}
