import type { Action, Event, Millis, Ref } from '../../src/event.ts'
import { KeyList } from '../../src/reconcile/key.ts'
import { keySize, type StoreRecord } from '../../src/store/record.ts'
import type { Machine } from '../../src/machine.ts'
import type { MachineOptions } from '../../src/machine-options.ts'
import type { TopicRules } from '../../src/topic.ts'
import { accept, machineWith, received, rulesOf, signature, wall } from '../machine-world.ts'

/** One end: a machine, its disk, and what it did. */
export interface Side {
  readonly name: string
  readonly machine: Machine
  readonly records: StoreRecord[]
  readonly actions: { readonly at: Millis; readonly action: Action }[]
  /** Asked before an action is carried out; true: the test does it, or leaves it. */
  onAction: (action: Action) => boolean
  arrival: number
}

/** Two machines, `a` and `b`, whose streams carry each frame at once. Nothing happens but in {@link Pair.run}. */
export class Pair {
  readonly a: Side
  readonly b: Side
  now: Millis = 0
  readonly #queue: (() => void)[] = []
  /** Streams by their side and its number for them. */
  readonly #ends = new Map<string, { readonly side: Side; readonly stream: Ref }>()
  #inbound = 0

  constructor(rules: Partial<TopicRules> = {}, options: Partial<MachineOptions> = {}) {
    const side = (name: string, author: number): Side => ({
      name,
      machine: machineWith(
        { delivery: 'lossless', ...rules },
        { author: new Uint8Array(32).fill(author), peerId: name, salt: author, ...options },
      ),
      records: [],
      actions: [],
      onAction: () => false,
      arrival: 0,
    })
    this.a = side('a', 11)
    this.b = side('b', 12)
  }

  /** The two meet on topics. */
  meet(...topics: readonly string[]): void {
    for (const topic of topics) {
      this.tell(this.a, { type: 'peer-joined', peer: 'b', topic: rulesOf(topic).wireName })
      this.tell(this.b, { type: 'peer-joined', peer: 'a', topic: rulesOf(topic).wireName })
    }
  }

  /** A message, or an envelope of several, that one side has from an author that both know. */
  give(side: Side, text: string | Uint8Array | readonly string[], options: Parameters<typeof received>[1] = {}): void {
    const texts = typeof text === 'string' || text instanceof Uint8Array ? [text] : text
    const event = received(texts, { time: wall - 60_000_000, ...options })
    for (const action of accept(side.machine, event, this.now)) this.#take(side, action)
    this.#drain()
  }

  tell(side: Side, event: Event): void {
    this.#queue.push(() => {
      for (const action of side.machine.handle(event, this.now)) this.#take(side, action)
    })
  }

  /** Runs until a time, at most `ticksMax` ticks; returns how many there were. */
  run(until: Millis, ticksMax = 10_000): number {
    for (let ticks = 0; ; ticks++) {
      this.#drain()
      const [side] = [this.a, this.b].toSorted((x, y) => wakeup(x) - wakeup(y))
      const at = wakeup(side!)
      if (at > until) {
        this.now = until
        return ticks
      }
      if (ticks >= ticksMax) throw new Error(`${ticksMax} ticks, at ${this.now} ms`)
      this.now = Math.max(this.now, at)
      this.tell(side!, { type: 'tick' })
    }
  }

  /** Ends a stream, as a broken link does. */
  cut(side: Side, stream: Ref): void {
    const other = this.#ends.get(`${side.name}${stream}`)
    this.#ends.delete(`${side.name}${stream}`)
    this.tell(side, { type: 'closed', stream })
    if (other === undefined) return
    this.#ends.delete(`${other.side.name}${other.stream}`)
    this.tell(other.side, { type: 'closed', stream: other.stream })
  }

  /** Frames that a side sends without its machine: as a peer that does what it likes. */
  send(side: Side, stream: Ref, bytes: Uint8Array): void {
    const other = this.#ends.get(`${side.name}${stream}`)
    if (other === undefined) return
    this.tell(other.side, { type: 'frame', stream: other.stream, peer: side.name, bytes, wall: this.wall })
  }

  /** Opens a stream to the other side, which learns of it under the number that is returned. */
  open(from: Side, stream: Ref): Ref {
    const to = from === this.a ? this.b : this.a
    const inbound = --this.#inbound
    this.#ends.set(`${from.name}${stream}`, { side: to, stream: inbound })
    this.#ends.set(`${to.name}${inbound}`, { side: from, stream })
    this.tell(to, { type: 'opened', stream: inbound, peer: from.name, wall: this.wall })
    return inbound
  }

  get wall(): number {
    return wall + Math.floor(this.now) * 1000
  }

  /** How sessions ended on a side. */
  ends(side: Side): string[] {
    return this.of(side, 'compared').map(({ reason, topic }) => `${topic} ${reason}`)
  }

  of<Type extends Action['type']>(side: Side, type: Type): (Action & { readonly type: Type })[] {
    return side.actions
      .map(({ action }) => action)
      .filter((action): action is Action & { readonly type: Type } => action.type === type)
  }

  #drain(): void {
    for (let step = this.#queue.shift(); step !== undefined; step = this.#queue.shift()) step()
  }

  #take(side: Side, action: Action): void {
    side.actions.push({ at: this.now, action })
    if (!side.onAction(action)) this.carryOut(side, action)
  }

  /** Does what a node would. */
  carryOut(side: Side, action: Action): void {
    switch (action.type) {
      case 'sign':
        return this.tell(side, { type: 'signed', ref: action.ref, signature })
      case 'want':
        return this.tell(side, { type: 'found', ref: action.ref, envelopes: [], wall: this.wall })
      case 'settled':
        return
      case 'verify':
        return this.tell(side, { type: 'verified', ref: action.ref, valid: true })
      case 'store': {
        side.records.push(action.record)
        const arrival = side.arrival + 1
        side.arrival += action.record.keys.length / keySize
        return this.tell(side, { type: 'stored', ref: action.ref, arrival })
      }
      case 'load': {
        const asked = new Set(Array.from({ length: action.keys.length }, (_, at) => textOf(action.keys.id(at))))
        const records = side.records.filter(({ keys }) => asked.has(textOf(keys.subarray(0, keySize))))
        return this.tell(side, { type: 'loaded', ref: action.ref, records })
      }
      case 'open':
        this.open(side, action.stream)
        return this.tell(side, {
          type: 'opened',
          stream: action.stream,
          peer: action.peer,
          wall: this.wall,
        })
      case 'send':
        this.send(side, action.stream, action.bytes)
        return this.tell(side, { type: 'flushed', stream: action.stream, size: action.bytes.length })
      case 'close':
        return this.cut(side, action.stream)
      case 'findBody':
      case 'readBody':
      case 'saveBody':
      case 'dropBody':
      case 'askChunk':
      case 'blamed':
      case 'judge':
      case 'gossip':
      case 'gossipSigned':
      case 'verdict':
      case 'deliver':
      case 'compared':
      case 'ingested':
      case 'pause':
      case 'resume':
      case 'published':
      case 'refused':
      case 'impersonated':
        return
    }
  }
}

const wakeup = ({ machine }: Side): Millis => machine.nextWakeup ?? Infinity
const textOf = (id: Uint8Array): string => String.fromCharCode(...id)

/** Keys that nobody holds. */
export const madeUpKeys = (count: number): KeyList => {
  const keys = new KeyList()
  for (let at = 0; at < count; at++) keys.push(wall - 60_000_000 + at, new Uint8Array(16).fill(at))
  return keys
}
