import { keyOf } from '../bytes.ts'
import type { KeyList } from '../reconcile/key.ts'
import { sketchKey } from '../reconcile/key-hash.ts'
import { SetIndex } from '../reconcile/set-index.ts'

interface Holding {
  readonly index: SetIndex
  /** Author time, in µs: what is older is expired. */
  floor: number
  /** Floors of single authors above that of the topic, by key. */
  readonly authorFloors: Map<string, number>
  /** Keys have no time; undefined until the topic is held. */
  byContent: boolean | undefined
}

/**
 * What the store holds of each topic, and of what time it has let go: the memory that keeps an old message from being
 * delivered again, after a restart too. A key counts from the moment in which it is given to the store, so that a copy
 * is not stored beside it; if the disk refuses, it is taken back.
 */
export class Holdings {
  readonly #networkId: Uint8Array
  readonly #topics = new Map<string, Holding>()

  constructor(networkId: Uint8Array) {
    this.#networkId = networkId
  }

  /** Keys of a topic; none where nothing is held. Reconciliation reads it. */
  of(topic: string): SetIndex {
    return this.#holding(topic).index
  }

  /** The same for whoever only looks: what users ask must not change what a node does. */
  peek(topic: string): SetIndex {
    return this.#topics.get(topic)?.index ?? new SetIndex(sketchKey(this.#networkId, topic))
  }

  /** Messages held, over all topics. */
  get count(): number {
    let count = 0
    for (const { index } of this.#topics.values()) count += index.count
    return count
  }

  /** Whether a sketch is behind its keys, as after a start. */
  get isBuilding(): boolean {
    for (const { index } of this.#topics.values()) if (!index.built) return true
    return false
  }

  /** Brings the sketches on, for about 5 ms. */
  buildSome(): void {
    for (const { index } of this.#topics.values()) if (!index.built) return void index.buildSome(8_192)
  }

  has(topic: string, keyTime: number, key: Uint8Array): boolean {
    return this.#topics.get(topic)?.index.has(keyTime, key) ?? false
  }

  /** Takes a key; false if it was held. */
  add(topic: string, keyTime: number, key: Uint8Array): boolean {
    return this.#holding(topic).index.add(keyTime, key)
  }

  /** Takes back what the disk refused, lost or let go. */
  remove(topic: string, keys: KeyList): void {
    const { index } = this.#holding(topic)
    for (let at = 0; at < keys.length; at++) index.delete(keys.time(at), keys.id(at))
  }

  /** What a store held when the node started: ascending, in any number of parts; or in any order, if it comes late. */
  restore(topic: string, keys: KeyList, isLate = false): void {
    const { index } = this.#holding(topic)
    if (!isLate) return index.load(keys)
    for (let at = 0; at < keys.length; at++) index.add(keys.time(at), keys.id(at))
  }

  /** The store has nothing more. */
  empty(): void {
    this.#topics.clear()
  }

  /** The rules of a topic are known: they say whether its keys have a time, and with it whether floors cut them. */
  held(topic: string, byContent: boolean): void {
    const holding = this.#holding(topic)
    holding.byContent = byContent
    if (!byContent) holding.index.raiseFloor(holding.floor)
  }

  /**
   * What is older than `time` is gone from the store: all of it, or that of one author. Keys of a topic with content ids
   * have no time: they go one by one.
   */
  raiseFloor(topic: string, time: number, { author, byContent }: FloorOptions = {}): void {
    const holding = this.#holding(topic)
    if (author !== undefined) return void holding.authorFloors.set(keyOf(author), time)
    if (time <= holding.floor) return
    holding.floor = time
    if ((byContent ?? holding.byContent) === false) holding.index.raiseFloor(time)
    for (const [key, floor] of holding.authorFloors) if (floor <= time) holding.authorFloors.delete(key)
  }

  /** Whether the store has let go of messages of this time and author. */
  isExpired(topic: string, author: Uint8Array, time: number): boolean {
    const holding = this.#topics.get(topic)
    if (holding === undefined) return false
    if (time < holding.floor) return true
    return holding.authorFloors.size > 0 && time < (holding.authorFloors.get(keyOf(author)) ?? 0)
  }

  #holding(topic: string): Holding {
    let holding = this.#topics.get(topic)
    if (holding === undefined) {
      const index = new SetIndex(sketchKey(this.#networkId, topic))
      holding = { index, floor: 0, authorFloors: new Map(), byContent: undefined }
      this.#topics.set(topic, holding)
    }
    return holding
  }
}

/** Of what a floor is. */
export interface FloorOptions {
  /** Of this author's messages only. */
  readonly author?: Uint8Array | undefined
  /** Ids come from content. Default: what the rules of the topic say, as soon as it is held. */
  readonly byContent?: boolean | undefined
}
