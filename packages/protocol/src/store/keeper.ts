import { keyOf } from '../bytes.ts'
import type { Action, Event, Message, Millis, Ref } from '../event.ts'
import type { Journal, JournalEntry } from '../journal.ts'
import { KeyList } from '../reconcile/key.ts'
import type { BodyNeeds } from '../bodies/body-needs.ts'
import type { Holdings } from './holdings.ts'
import { contentIdsOf, keySize, type StoreRecord } from './record.ts'

/** What the keeper needs of its machine. */
export interface KeeperContext {
  readonly journal: Journal
  readonly holdings: Holdings
  readonly needs: BodyNeeds
  readonly emit: (action: Action) => void
  /** Bytes of messages of others that wait for the disk, before more is passed on without being kept. */
  readonly storeBytesMax: number
}

/** Messages that are to be kept, and what they are called here. */
export interface Keepsake {
  readonly record: StoreRecord
  readonly entry: JournalEntry
  /** The kept messages in order. */
  readonly messages: readonly Message[]
}

/** Memory of a message on its way to disk beside its bytes. Rough. */
const waitingCost = 500

/**
 * The way of accepted messages to disk and, once they are there, to the readers. Nothing is delivered that a crash could
 * take back. Relaying never waits for this: when the disk is slow, what exceeds the bound is passed on but not kept, and
 * reconciliation brings it later.
 */
export class Keeper {
  readonly #context: KeeperContext
  readonly #waiting = new Map<Ref, Keepsake>()
  /** Of those that wait, messages whose ids come from content. */
  readonly #contents = new Set<string>()
  #waitingBytes = 0

  constructor(context: KeeperContext) {
    this.#context = context
  }

  /** Bytes that wait for the disk. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Whether what a store of a peer gives may be asked for: the rest is for live traffic. */
  get hasRoom(): boolean {
    return this.#waitingBytes < this.#context.storeBytesMax / 4
  }

  /** Whether a message with a content id is on its way to disk, by its seen key. */
  isWaiting(topic: string, key: Uint8Array): boolean {
    return this.#contents.has(nameOf(topic, key))
  }

  /** Gives messages to the store; those of others only while there is room: else false. */
  keep(ref: Ref, keepsake: Keepsake, now: Millis): boolean {
    const { holdings, needs, emit, journal, storeBytesMax } = this.#context
    const { record, entry } = keepsake
    const cost = costOf(keepsake)
    // One that is larger than all room would otherwise never be kept.
    if (record.via !== 'own' && this.#waitingBytes > 0 && this.#waitingBytes + cost > storeBytesMax) {
      journal.note(entry, { at: now, what: 'unstored', detail: 'the disk is too slow' })
      return false
    }
    for (let at = 0; at < record.keys.length; at += keySize) {
      holdings.add(record.topic, record.keyTime, record.keys.subarray(at, at + keySize))
    }
    this.#waiting.set(ref, keepsake)
    for (const { fetched } of keepsake.messages) if (fetched !== undefined) needs.add(fetched.root, keepsake)
    if (record.ids !== undefined) for (const name of namesOf(record)) this.#contents.add(name)
    this.#waitingBytes += cost
    emit({ type: 'store', ref, record })
    return true
  }

  /** It is on disk, and goes to the readers; or the disk refused it, and it is as if it had never come. */
  stored({ ref, arrival, fresh, failure, detail }: Event & { type: 'stored' }, now: Millis): void {
    const keepsake = this.#waiting.get(ref)
    if (keepsake === undefined) return
    this.#waiting.delete(ref)
    this.#waitingBytes -= costOf(keepsake)
    const { record, entry, messages } = keepsake
    if (record.ids !== undefined) for (const name of namesOf(record)) this.#contents.delete(name)
    const { holdings, needs, emit, journal } = this.#context
    for (const { fetched } of messages) if (fetched !== undefined) needs.delete(fetched.root, keepsake)
    if (failure === 'duplicate') return
    if (arrival === undefined) {
      holdings.remove(record.topic, KeyList.of(new Float64Array(messages.length).fill(record.keyTime), record.keys))
      return journal.note(entry, { at: now, what: 'unstored', ...(detail !== undefined && { detail }) })
    }
    journal.note(entry, { at: now, what: 'stored' })
    journal.note(entry, { at: now, what: 'delivered' })
    // An id that comes from content can have come in an envelope that the disk refused.
    const ids = contentIdsOf(record)
    if (ids !== undefined) {
      const places = fresh ?? [...ids.keys()]
      journal.deliver(
        entry,
        places.map((place) => ({ id: ids[place]!, index: record.kept?.[place] ?? place })),
      )
    }
    const via = record.via === 'history' ? ({ via: 'history' } as const) : {}
    emit({
      type: 'deliver',
      messages: (fresh?.map((place) => messages[place]!) ?? messages).map((message, index) => ({
        ...message,
        arrival: arrival + index,
        ...via,
      })),
    })
  }
}

const namesOf = ({ topic, keys }: StoreRecord): string[] =>
  Array.from({ length: keys.length / keySize }, (_, at) => nameOf(topic, keys.subarray(at * keySize)))

const nameOf = (topic: string, key: Uint8Array): string => `${topic}/${keyOf(key.subarray(0, keySize))}`

const costOf = ({ record }: Keepsake): number =>
  record.bytes.length + waitingCost * Math.max(1, record.keys.length / keySize)
