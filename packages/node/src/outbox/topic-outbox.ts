import type { OutboxMark, OwnPlace } from '../store/outbox.ts'
import type { Store } from '../store/store.ts'
import { comparePlaces, firstPlace, placeBefore, type OutboxEntry } from './entry.ts'

/** Envelopes of a topic in memory; what is beyond stays on disk until there is room. */
const entriesMax = 4096
/** How long a mark waits for others to share its write. Losing it costs only questions. */
const saveMs = 1_000

/**
 * What of our own on one topic nobody else is known to hold. On disk there is only a mark, "all up to here is held": the
 * records themselves are in the store, and after a restart those behind the mark are asked about again.
 */
export class TopicOutbox {
  readonly topic: string
  readonly #store: Store
  readonly #author: Uint8Array
  /** In order of place, without gaps up to `#end`. */
  readonly #entries = new Map<string, OutboxEntry>()
  #held: OwnPlace
  #kept: OwnPlace | undefined
  /** The last envelope that is or was in memory. */
  #end: OwnPlace
  /** There may be more on disk, behind `#end`. */
  #isCut = true
  /** What came while the disk was read; undefined: more than there is room for. */
  #late: Map<string, OutboxEntry> | undefined
  #loading: Promise<void> | undefined
  #saving: NodeJS.Timeout | undefined

  constructor(topic: string, store: Store, author: Uint8Array, mark: OutboxMark | undefined) {
    this.topic = topic
    this.#store = store
    this.#author = author
    this.#held = mark?.held ?? firstPlace
    this.#kept = mark?.kept
    this.#end = this.#held
  }

  /** In order of place; it is the live list. */
  get entries(): Iterable<OutboxEntry> {
    return this.#entries.values()
  }

  get size(): number {
    return this.#entries.size
  }

  /** Takes an envelope that is on disk. While older ones are only there it stays there too, unless they are being read. */
  add(entry: OutboxEntry): void {
    if (this.#isCut) {
      if (this.#late?.set(placeName(entry), entry).size === entriesMax) this.#late = undefined
    } else if (this.#entries.size >= entriesMax) {
      this.#isCut = true
    } else {
      this.#append(entry)
    }
  }

  /** Whether an entry is in memory, or about to be. */
  has(entry: OutboxEntry): boolean {
    return this.#late !== undefined || this.#entries.get(placeName(entry)) === entry
  }

  /** It is held elsewhere, or gone. */
  remove(entry: OutboxEntry): void {
    if (!this.#entries.delete(placeName(entry))) return
    const [oldest] = this.#entries.values()
    const held = oldest === undefined ? this.#end : placeBefore(oldest)
    if (comparePlaces(held, this.#held) <= 0) return
    this.#held = held
    this.#saving ??= setTimeout(() => void this.save(), saveMs).unref()
  }

  /** Whether this envelope has never left the node, in this life or in another. */
  isKept(place: OwnPlace): boolean {
    return this.#kept !== undefined && comparePlaces(this.#kept, place) < 0
  }

  /** An envelope met no peer: from it on, nothing leaves until {@link opened}. */
  closed(entry: OwnPlace): void {
    if (this.#kept !== undefined) return
    this.#kept = placeBefore(entry)
    void this.save()
  }

  /** A peer is there: from now on any envelope may leave. */
  opened(): void {
    if (this.#kept === undefined) return
    this.#kept = undefined
    void this.save()
  }

  /** Brings envelopes from disk while there is room. */
  load(): Promise<void> {
    if (!this.#isCut || this.#entries.size > entriesMax / 2) return this.#loading ?? Promise.resolve()
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined
      this.#late = undefined
    })
    return this.#loading
  }

  /** Makes the mark durable. Errors are not told: the next one writes it again. */
  async save(): Promise<void> {
    clearTimeout(this.#saving)
    this.#saving = undefined
    const mark = { topic: this.topic, held: plain(this.#held), ...(this.#kept && { kept: plain(this.#kept) }) }
    await this.#store.call('outbox.mark', mark).catch(() => undefined)
  }

  async #load(): Promise<void> {
    for (;;) {
      this.#late = new Map()
      const limit = entriesMax - this.#entries.size
      const range = { topic: this.topic, author: this.#author, after: plain(this.#end), limit }
      const spans = await this.#store.ask('outbox.spans', range)
      for (const { epoch, sequence, arrival, messages, time } of spans) {
        // One that came meanwhile is in both.
        const late = this.#late?.get(placeName({ epoch, sequence }))
        const state = this.isKept({ epoch, sequence }) ? 'queued' : 'sent'
        this.#append(late ?? { topic: this.topic, epoch, sequence, messages, time, state, sent: new Set(), arrival })
      }
      if (spans.length === limit) return
      // Too much was published while the disk was read: it is there now.
      if (this.#late === undefined) continue
      this.#isCut = false
      for (const entry of this.#late.values()) if (comparePlaces(this.#end, entry) < 0) this.add(entry)
      return
    }
  }

  #append(entry: OutboxEntry): void {
    this.#entries.set(placeName(entry), entry)
    this.#end = entry
  }
}

const placeName = ({ epoch, sequence }: OwnPlace): string => `${epoch} ${sequence}`
const plain = ({ epoch, sequence }: OwnPlace): OwnPlace => ({ epoch, sequence })
