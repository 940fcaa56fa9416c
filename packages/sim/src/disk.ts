import {
  concatBytes,
  encodeUtf8,
  KeyList,
  keySize,
  type Action,
  type Event,
  type Millis,
  type Sha256,
  type StoreRecord,
} from '@grapevine/protocol'
import type { Rng } from './rng.ts'

/** What a disk needs of the life that uses it. */
export interface DiskPort {
  readonly rng: Rng
  readonly after: (delayMs: Millis, run: (now: Millis) => void, now: Millis) => void
  readonly dispatch: (event: Event, now: Millis) => void
}

/** How long a disk takes at most, in ms, drawn uniformly. */
export interface DiskDelays {
  readonly commitMs: number
  readonly loadMs: number
  /** Until what is damaged is found, if nobody reads it before. */
  readonly scrubMs: number
}

/** A record on disk, with the number of its first kept message. */
export interface KeptRecord {
  readonly record: StoreRecord
  readonly arrival: number
  isDamaged: boolean
}

/** What happened to the messages of a disk, for invariants. */
export interface DiskEvent {
  readonly type: 'committed' | 'removed'
  readonly record: StoreRecord
  readonly arrival: number
}

/** Of what a topic has let go. */
export interface Floor {
  time: number
  /** Of single authors, by `keyOf` of their key. */
  readonly authors: Map<string, { readonly author: Uint8Array; readonly time: number }>
}

/**
 * A host's disk, which outlives a crash: what was committed is there afterwards, what was not is gone, and of what was
 * being committed nobody knows. Commits in groups, as the store of a node does.
 */
export class Disk {
  /** While true nothing can be written. */
  isFull = false
  readonly floors: Map<string, Floor> = new Map()
  readonly #delays: DiskDelays
  readonly #onEvent: (event: DiskEvent, now: Millis) => void
  readonly #records = new Map<number, KeptRecord>()
  readonly #byKey = new Map<string, KeptRecord>()
  #lastArrival = 0
  #waiting: (Action & { type: 'store' })[] = []
  #committing: (Action & { type: 'store' })[] = []
  #port: DiskPort | undefined

  constructor(delays: DiskDelays, onEvent: (event: DiskEvent, now: Millis) => void) {
    this.#delays = delays
    this.#onEvent = onEvent
  }

  /** Messages on it, without those that came as the floor passed them: nobody asks for these, and they go next. */
  get count(): number {
    let count = 0
    for (const { record } of this.#records.values()) {
      const isPassed = record.ids === undefined && record.keyTime < (this.floors.get(record.topic)?.time ?? 0)
      if (!isPassed) count += record.keys.length / keySize
    }
    return count
  }

  /** Whether nothing waits to be written, and nothing is damaged. */
  get isSettled(): boolean {
    const isIdle = this.#waiting.length + this.#committing.length === 0
    return isIdle && [...this.#records.values()].every(({ isDamaged }) => !isDamaged)
  }

  get records(): IterableIterator<KeptRecord> {
    return this.#records.values()
  }

  /** The record that holds a message, by {@link keyText}. */
  find(key: string): KeptRecord | undefined {
    return this.#byKey.get(key)
  }

  /** The record whose first message has this number. */
  at(arrival: number): KeptRecord | undefined {
    return this.#records.get(arrival)
  }

  /** Whether a message is there, or on its way. */
  holds(key: string): boolean {
    if (this.#byKey.has(key)) return true
    return [...this.#committing, ...this.#waiting].some(({ record }) => keyTexts(record).includes(key))
  }

  /** A life begins: tells it what is there. `phantoms` are keys that are not, for those who lie. */
  mount(port: DiskPort, now: Millis, phantoms: ReadonlyMap<string, KeyList> = new Map()): void {
    this.#port = port
    const keys = new Map<string, KeyList>()
    for (const [topic, list] of phantoms) keys.set(topic, list.slice(0, list.length))
    for (const { record } of this.#records.values()) {
      const list = keys.get(record.topic) ?? new KeyList()
      keys.set(record.topic, list)
      for (let at = 0; at < record.keys.length; at += keySize) list.push(record.keyTime, record.keys, at)
    }
    for (const [topic, list] of keys) {
      const sorted = list.sorted()
      const cut = port.rng.below(sorted.length + 1)
      port.dispatch({ type: 'restored', topic, keys: sorted.slice(0, cut) }, now)
      port.dispatch({ type: 'restored', topic, keys: sorted.slice(cut, sorted.length) }, now)
    }
    for (const [topic, { time, authors }] of this.floors) {
      if (time > 0) port.dispatch({ type: 'floor', topic, time }, now)
      for (const floor of authors.values()) port.dispatch({ type: 'floor', topic, ...floor }, now)
    }
    for (const kept of this.#records.values()) if (kept.isDamaged) this.#scrub(kept, now)
  }

  /** The life is over. What was being committed may have made it. */
  crash(rng: Rng, now: Millis): void {
    if (this.#committing.length > 0 && !this.isFull && rng.chance(0.5)) {
      for (const { record } of this.#committing) this.#file(record, now)
    }
    this.#port = undefined
    this.#waiting = []
    this.#committing = []
  }

  /** Makes a record durable, with all that waits. */
  keep(action: Action & { type: 'store' }, now: Millis): void {
    this.#waiting.push(action)
    if (this.#committing.length === 0) this.#commit(now)
  }

  load({ ref, topic, keys }: Action & { type: 'load' }, now: Millis): void {
    const read = (then: Millis): void => {
      const found = new Set<KeptRecord>()
      for (let at = 0; at < keys.length; at++) {
        const kept = this.#byKey.get(keyText(topic, keys.time(at), keys.id(at)))
        if (kept?.isDamaged === true) this.#lose(kept, then)
        else if (kept !== undefined) found.add(kept)
      }
      const records = [...found].map(({ record }) => record)
      this.#port!.dispatch({ type: 'loaded', ref, records }, then)
    }
    this.#later(this.#delays.loadMs, read, now)
  }

  /** A record can no longer be read; nobody knows yet. */
  damage(kept: KeptRecord, now: Millis): void {
    kept.isDamaged = true
    if (this.#port !== undefined) this.#scrub(kept, now)
  }

  /** Lets go of all that is older than `time`: of the topic, or of one author. Only while a life is on. */
  raiseFloor(topic: string, time: number, author: { key: string; bytes: Uint8Array } | undefined, now: Millis): void {
    const floor = this.floors.get(topic) ?? { time: 0, authors: new Map() }
    this.floors.set(topic, floor)
    // Floors never sink.
    if (time <= Math.max(floor.time, author === undefined ? 0 : (floor.authors.get(author.key)?.time ?? 0))) return
    if (author !== undefined) floor.authors.set(author.key, { author: author.bytes, time })
    else floor.time = time
    const gone = new KeyList()
    for (const kept of this.#records.values()) {
      const { record } = kept
      if (record.topic !== topic || record.time >= time) continue
      if (author !== undefined && String.fromCharCode(...record.author) !== String.fromCharCode(...author.bytes))
        continue
      for (let at = 0; at < record.keys.length; at += keySize) gone.push(record.keyTime, record.keys, at)
      this.#remove(kept, now)
    }
    const { dispatch } = this.#port!
    dispatch({ type: 'floor', topic, time, ...(author && { author: author.bytes }) }, now)
    dispatch({ type: 'lost', topic, keys: gone }, now)
  }

  #commit(now: Millis): void {
    this.#committing = this.#waiting
    this.#waiting = []
    const commit = (then: Millis): void => {
      const batch = this.#committing
      const results = batch.map(({ ref, record }): Event => {
        if (this.isFull) return { type: 'stored', ref, failure: 'disk', detail: 'no space left' }
        const filed = this.#file(record, then)
        return filed === undefined ? { type: 'stored', ref, failure: 'duplicate' } : { type: 'stored', ref, ...filed }
      })
      this.#committing = []
      if (this.#waiting.length > 0) this.#commit(then)
      for (const event of results) this.#port!.dispatch(event, then)
    }
    this.#later(this.#delays.commitMs, commit, now)
  }

  /** Numbers what of a record is new; undefined if nothing is. */
  #file(record: StoreRecord, now: Millis): { arrival: number; fresh?: readonly number[] } | undefined {
    const names = keyTexts(record)
    const fresh = [...names.keys()].filter((at) => !this.#byKey.has(names[at]!))
    if (fresh.length === 0) return undefined
    const arrival = this.#lastArrival + 1
    this.#lastArrival += fresh.length
    const own = fresh.length === names.length ? record : onlySome(record, fresh)
    const kept: KeptRecord = { record: own, arrival, isDamaged: false }
    this.#records.set(arrival, kept)
    for (const at of fresh) this.#byKey.set(names[at]!, kept)
    this.#onEvent({ type: 'committed', record: own, arrival }, now)
    return { arrival, ...(own !== record && { fresh }) }
  }

  #scrub(kept: KeptRecord, now: Millis): void {
    this.#later(this.#delays.scrubMs, (then) => this.#lose(kept, then), now)
  }

  /** A damaged record was found, and is taken out. */
  #lose(kept: KeptRecord, now: Millis): void {
    const { record, arrival } = kept
    if (this.#records.get(arrival) !== kept) return
    this.#remove(kept, now)
    const keys = KeyList.of(new Float64Array(record.keys.length / keySize).fill(record.keyTime), record.keys.slice())
    this.#port!.dispatch({ type: 'lost', topic: record.topic, keys }, now)
  }

  #remove({ record, arrival }: KeptRecord, now: Millis): void {
    this.#records.delete(arrival)
    for (const text of keyTexts(record)) this.#byKey.delete(text)
    this.#onEvent({ type: 'removed', record, arrival }, now)
  }

  #later(delayMs: number, run: (now: Millis) => void, now: Millis): void {
    const { after, rng } = this.#port!
    // Never at once: a disk takes time, and what asks must be able to go on first.
    after(0.01 + rng.unit() * delayMs, run, now)
  }
}

/** A key as text, to look it up: 16 bytes of `id` count. */
export function keyText(topic: string, time: number, id: Uint8Array): string {
  return `${topic}/${time}/${String.fromCharCode(...id.subarray(0, keySize))}`
}

/** Records pass from disk to ledger as one object, and are looked at often. */
const texts = new WeakMap<StoreRecord, readonly string[]>()

/** The key of a message on a topic whose ids come from content. */
export function contentKey(sha256: Sha256, topic: string, id: Uint8Array): string {
  return keyText(topic, 0, sha256(concatBytes(encodeUtf8(`${topic}\0`), id)).subarray(0, keySize))
}

/** The keys of a record's messages, as {@link keyText}. */
export function keyTexts(record: StoreRecord): readonly string[] {
  const known = texts.get(record)
  if (known !== undefined) return known
  const { topic, keyTime, keys } = record
  const found = Array.from({ length: keys.length / keySize }, (_, at) =>
    keyText(topic, keyTime, keys.subarray(at * keySize, (at + 1) * keySize)),
  )
  texts.set(record, found)
  return found
}

function onlySome(record: StoreRecord, places: readonly number[]): StoreRecord {
  const only = (parts: Uint8Array): Uint8Array => {
    const size = (parts.length / record.keys.length) * keySize
    return concatBytes(...places.map((at) => parts.subarray(at * size, (at + 1) * size)))
  }
  const kept = places.map((at) => record.kept?.[at] ?? at)
  return { ...record, keys: only(record.keys), ids: record.ids && only(record.ids), kept }
}
