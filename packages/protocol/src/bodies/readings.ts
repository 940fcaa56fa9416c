import { keyOf } from '../bytes.ts'
import type { Action, Event, PeerId, Ref } from '../event.ts'
import { link, unlink } from '../link.ts'
import type { Bodied, Job } from './job.ts'

/** What reading needs of its surroundings. */
export interface ReadingsContext<Item> {
  readonly emit: (action: Action) => void
  readonly nextRef: () => Ref
  /** The body is in memory; ends in {@link Readings.delete}. */
  readonly onHeld: (job: Job<Item>, body: Uint8Array) => void
  /** It is not on disk, or the disk does not give it. */
  readonly onGone: (job: Job<Item>) => void
}

/** A body in memory, or on its way there. */
interface Reading<Item> {
  readonly name: string
  readonly size: number
  bytes: Uint8Array | undefined
  readonly users: Set<Job<Item>>
}

/** Bytes of bodies that are judged at once, and in one event: two of the largest size. The others wait on disk. */
const heldBytesMax = 64 << 20
/** What a judgement costs in one event at least, as bytes. A guess. */
const turnBytesMin = 64 << 10

/**
 * Bodies that are looked for on disk, and read to be judged. Peers take turns, so that what one brings holds up nobody else; a body that several
 * envelopes cite is read once while they wait, and each of them takes its peer's turn.
 */
export class Readings<Item extends Bodied> {
  readonly #context: ReadingsContext<Item>
  readonly #searches = new Map<Ref, Job<Item>>()
  /** What waits for its turn, by peer: whose turn it is comes first. */
  readonly #turns = new Map<PeerId, Set<Job<Item>>>()
  readonly #waiting = new Map<string, Set<Job<Item>>>()
  readonly #readings = new Map<string, Reading<Item>>()
  readonly #reads = new Map<Ref, Reading<Item>>()
  /** Of all judgements; those of one body count each, since a validator may have a copy for each. */
  #judgedBytes = 0
  /** Of memory. */
  #bytes = 0

  constructor(context: ReadingsContext<Item>) {
    this.#context = context
  }

  /** In memory, or on their way there. */
  get bytes(): number {
    return this.#bytes
  }

  /** Looks for its body on disk. */
  find(job: Job<Item>): void {
    const ref = this.#context.nextRef()
    this.#searches.set(ref, job)
    this.#context.emit({ type: 'findBody', ref, root: job.reference.root })
  }

  /** Answers `findBody`. */
  found({ ref, isHere }: Event & { type: 'bodyFound' }): void {
    const job = this.#searches.get(ref)
    this.#searches.delete(ref)
    if (job?.state !== 'looking') return
    if (isHere) this.add(job)
    else this.#context.onGone(job)
  }

  /** Its body is on disk. */
  add(job: Job<Item>): void {
    job.state = 'ready'
    link(this.#turns, job.item.from, job)
    link(this.#waiting, nameOf(job), job)
  }

  /** It needs its body no more, wherever it is with it. */
  delete(job: Job<Item>): void {
    const name = nameOf(job)
    unlink(this.#turns, job.item.from, job)
    unlink(this.#waiting, name, job)
    const reading = this.#readings.get(name)
    if (reading === undefined) return
    if (reading.users.delete(job)) this.#judgedBytes -= reading.size
    this.#rest(reading)
  }

  /** Answers `readBody`. */
  read({ ref, bytes }: Event & { type: 'bodyRead' }): void {
    const reading = this.#reads.get(ref)
    if (reading === undefined) return
    this.#reads.delete(ref)
    const users = [...reading.users]
    if (bytes?.length !== reading.size) {
      this.#drop(reading)
      this.#judgedBytes -= users.length * reading.size
      for (const job of users) this.#context.onGone(job)
      return
    }
    reading.bytes = bytes
    for (const job of users) if (reading.users.has(job)) this.#hold(job, bytes)
    this.#rest(reading)
  }

  /** Has read, or judged, what there is room for. Whether there is more that could go on at once. */
  release(): boolean {
    for (let left = heldBytesMax; ;) {
      const [next] = this.#turns
      const job = next?.[1].values().next().value
      if (next === undefined || job === undefined) return false
      const { size } = job.reference
      if (this.#judgedBytes > 0 && this.#judgedBytes + size > heldBytesMax) return false
      if (left <= 0) return true
      left -= Math.max(size, turnBytesMin)
      const [peer, jobs] = next
      jobs.delete(job)
      this.#turns.delete(peer)
      if (jobs.size > 0) this.#turns.set(peer, jobs)
      this.#begin(job)
    }
  }

  #begin(job: Job<Item>): void {
    const { size, root } = job.reference
    const name = nameOf(job)
    unlink(this.#waiting, name, job)
    this.#judgedBytes += size
    job.state = 'reading'
    const known = this.#readings.get(name)
    known?.users.add(job)
    if (known?.bytes !== undefined) return this.#hold(job, known.bytes)
    if (known !== undefined) return
    for (const reading of this.#readings.values()) if (this.#bytes + size > heldBytesMax) this.#dropUnused(reading)
    const reading: Reading<Item> = { name, size, bytes: undefined, users: new Set([job]) }
    const ref = this.#context.nextRef()
    this.#readings.set(name, reading)
    this.#reads.set(ref, reading)
    this.#bytes += size
    this.#context.emit({ type: 'readBody', ref, root, size })
  }

  #hold(job: Job<Item>, body: Uint8Array): void {
    job.state = 'held'
    this.#context.onHeld(job, body)
  }

  /** What is judged no more stays while others wait for it, unless its room is needed. */
  #rest(reading: Reading<Item>): void {
    if (!this.#waiting.has(reading.name)) this.#dropUnused(reading)
  }

  #dropUnused(reading: Reading<Item>): void {
    if (reading.users.size === 0 && reading.bytes !== undefined) this.#drop(reading)
  }

  #drop(reading: Reading<Item>): void {
    if (this.#readings.get(reading.name) !== reading) return
    this.#readings.delete(reading.name)
    this.#bytes -= reading.size
  }
}

const nameOf = <Item>({ reference: { root, size } }: Job<Item>): string => `${keyOf(root)} ${size}`
