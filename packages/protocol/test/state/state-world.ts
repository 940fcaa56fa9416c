import { concatBytes, equalBytes, toHex } from '../../src/bytes.ts'
import { sha256 } from '../../src/id.ts'
import { randomFrom } from '../../src/catchup/random.ts'
import {
  type Delta,
  encodeStateFrame,
  type OwnerState,
  Replica,
  type ReplicaOptions,
  type StateAction,
  type StateEvent,
} from '../../src/state/index.ts'

export const networkId: Uint8Array = sha256(Uint8Array.of(1))
export const keyOfName = (name: string): Uint8Array => sha256(Uint8Array.from(name, (letter) => letter.charCodeAt(0)))
export const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : String.fromCharCode(...bytes)
export const bytesOfText = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

/** Stands in for Ed25519: depends on key and bytes. */
export const fakeSign = (owner: Uint8Array, bytes: Uint8Array): Uint8Array =>
  concatBytes(sha256(concatBytes(owner, bytes)), owner)

/** A state as a delta from the beginning. */
export const deltaOf = ({ head, entries }: OwnerState): Delta => ({
  head,
  from: 0,
  entries: entries.map(({ bytes }) => bytes),
  isCut: false,
})

/** Deltas, or whole states, as a third step. */
export const frameOf = (...said: readonly (OwnerState | Delta)[]): Uint8Array =>
  encodeStateFrame({
    type: 'exchange',
    exchange: 1,
    step: 3,
    split: 0,
    fingerprints: new Uint32Array(0),
    covered: [],
    marks: [],
    deltas: said.map((each) => ('from' in each ? each : deltaOf(each))),
  })

/** Replicas under virtual time, with loss, partitions and restarts drawn from a seed. */
export class StateWorld {
  now = 0
  loss = 0
  readonly random: () => number
  readonly replicas = new Map<string, Replica>()
  readonly actions: (StateAction & { on: string })[] = []
  /** What each node has on disk. */
  readonly disks = new Map<string, OwnerState[]>()
  readonly #options: Partial<ReplicaOptions>
  readonly #groups = new Map<string, number>()
  readonly #inFlight: { at: number; to: string; from: string; bytes: Uint8Array }[] = []
  #epoch = 0
  #names: readonly string[] = []

  constructor(seed: number, options: Partial<ReplicaOptions> = {}) {
    this.random = randomFrom(seed)
    this.#options = options
  }

  static of(names: readonly string[], seed = 1, options: Partial<ReplicaOptions> = {}): StateWorld {
    const world = new StateWorld(seed, options)
    world.#names = names
    for (const name of names) world.start(name)
    return world
  }

  start(name: string, states: readonly OwnerState[] = []): void {
    this.#epoch++
    const replica = new Replica({
      networkId,
      owner: keyOfName(name),
      epoch: this.#epoch,
      seed: Math.floor(this.random() * 2 ** 32),
      now: this.now,
      peerOf: (owner) => this.#names.find((other) => equalBytes(keyOfName(other), owner)) ?? toHex(owner),
      ...this.#options,
    })
    this.replicas.set(name, replica)
    this.act(name, { type: 'restore', states })
    this.act(name, { type: 'contacts', live: this.#names.filter((other) => other !== name), dead: [], seeds: [] })
  }

  stop(name: string): OwnerState[] {
    const states = [...this.replicas.get(name)!.owners()].map(({ state }) => state)
    this.replicas.delete(name)
    return states
  }

  act(name: string, event: StateEvent): StateAction[] {
    const replica = this.replicas.get(name)
    if (replica === undefined) return []
    const done: StateAction[] = []
    const queue: StateEvent[] = [event]
    for (const next of queue) {
      for (const action of replica.handle(next, this.now)) {
        done.push(action)
        this.actions.push({ ...action, on: name })
        if (action.type === 'sign')
          queue.push({ type: 'signed', ref: action.ref, signature: fakeSign(keyOfName(name), action.bytes) })
        if (action.type === 'verify') {
          const valid = equalBytes(action.signature, fakeSign(action.owner, action.bytes))
          queue.push({ type: 'verified', ref: action.ref, valid })
        }
        if (action.type === 'send') this.send(name, action.peer, action.bytes)
      }
    }
    return done
  }

  set(name: string, key: string, value: string): void {
    this.act(name, { type: 'set', key, value: bytesOfText(value), time: this.now * 1000 + 1 })
  }

  remove(name: string, key: string): void {
    this.act(name, { type: 'remove', key, time: this.now * 1000 + 1 })
  }

  send(from: string, to: string, bytes: Uint8Array): void {
    const isCut = (this.#groups.get(from) ?? 0) !== (this.#groups.get(to) ?? 0)
    if (isCut || this.random() < this.loss) return
    this.#inFlight.push({ at: this.now + 5 + this.random() * 20, from, to, bytes })
  }

  partition(...groups: readonly string[][]): void {
    this.#groups.clear()
    for (const [index, group] of groups.entries()) for (const name of group) this.#groups.set(name, index)
  }

  /** Runs for so many ms. */
  run(ms: number): void {
    const end = this.now + ms
    for (; this.now < end; this.now += 10) {
      const due = this.#inFlight.filter(({ at }) => at <= this.now)
      for (const frame of due) {
        this.#inFlight.splice(this.#inFlight.indexOf(frame), 1)
        this.act(frame.to, { type: 'frame', peer: frame.from, bytes: frame.bytes })
      }
      for (const [name, replica] of this.replicas) {
        if ((replica.nextWakeup ?? Infinity) <= this.now) this.act(name, { type: 'tick' })
      }
    }
  }

  get(on: string, of: string, key: string): string | undefined {
    const entry = this.replicas
      .get(on)
      ?.stateOf(keyOfName(of))
      ?.entries.find((each) => each.key === key)
    return textOf(entry?.value)
  }

  /** Whether all replicas hold the same. */
  get isEqual(): boolean {
    const prints = [...this.replicas.values()].map((replica) => `${replica.size.owners} ${replica.fingerprint.join()}`)
    return new Set(prints).size <= 1
  }
}
