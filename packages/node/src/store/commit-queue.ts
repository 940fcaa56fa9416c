import { NodeError } from '../error.ts'
import { frameSizeMax, recordFault, writeFrame } from './frame.ts'
import type { StoreRecord } from './record.ts'
import type { PartWrite, WorkerCalls } from './worker-call.ts'
import { StoreError } from './worker-link.ts'

/** What became of a record that was to be stored. */
export interface Appended {
  /** Number of its first message that is new; undefined if all were stored before, or it is below a floor. */
  readonly arrival: number | undefined
  readonly isDuplicate: boolean
  /** It is below a floor, and was not stored. */
  readonly isExpired: boolean
  /** Which of its kept messages are new, as places among them; undefined: all. */
  readonly fresh: readonly number[] | undefined
  /** Arrivals of stored records that claim the same sequences for other messages: equivocation. */
  readonly conflicts: readonly number[]
}

type Written = ReturnType<WorkerCalls['write']>
/** Hands a batch to the worker. */
type Commit = (args: Parameters<WorkerCalls['write']>[0], transfer: ArrayBuffer[]) => Promise<Written>

interface Entry {
  readonly records: readonly StoreRecord[]
  readonly part: PartWrite | undefined
  readonly bytes: number
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

/** Bytes that wait, beyond which nothing more is taken. */
const queueBytesMax = 32 << 20
/** Bytes of one commit: large enough that the sync costs little, small enough that reads come between. */
const commitBytesMax = 4 << 20
/** What a write of a part is counted as. */
const partBytes = 1000

/** Group commit: what gathers while one commit runs goes into the next. */
export class CommitQueue {
  readonly #commit: Commit
  #waiting: Entry[] = []
  #bytes = 0
  #isFlying = false
  #running: Promise<void> = Promise.resolve()

  constructor(commit: Commit) {
    this.#commit = commit
  }

  /** Bytes that were taken and are not yet on disk. */
  get bytes(): number {
    return this.#bytes
  }

  /** Stores records, in order; resolves when they are on disk. */
  append(records: readonly StoreRecord[]): Promise<readonly Appended[]> {
    for (const record of records) {
      const fault = recordFault(record)
      if (fault !== undefined) throw new NodeError('internal', `a record’s ${fault} is not what the store takes`)
    }
    const bytes = records.reduce((sum, record) => sum + frameSizeMax(record), 0)
    return this.#push(records, undefined, bytes)
  }

  /** Runs a part's write in the next commit. */
  write(part: PartWrite): Promise<unknown> {
    return this.#push([], part, partBytes)
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#bytes > 0) {
      await Promise.resolve()
      await this.#running
    }
  }

  #push<Result>(records: readonly StoreRecord[], part: PartWrite | undefined, bytes: number): Promise<Result> {
    if (this.#bytes > 0 && this.#bytes + bytes > queueBytesMax) {
      return Promise.reject(new NodeError('overloaded', 'the disk is slower than what is to be stored'))
    }
    this.#bytes += bytes
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, part, bytes, resolve, reject })
      // What is said in one turn goes together.
      if (!this.#isFlying && this.#waiting.length === 1) queueMicrotask(() => this.#begin())
    })
  }

  #begin(): void {
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    this.#isFlying = true
    while (this.#waiting.length > 0) {
      const entries = this.#next()
      try {
        const batch = pack(entries)
        settle(entries, await this.#commit(batch, [batch.frames]))
      } catch (error) {
        for (const { reject } of entries) reject(error as Error)
      }
      for (const { bytes } of entries) this.#bytes -= bytes
    }
    this.#isFlying = false
  }

  #next(): readonly Entry[] {
    let [count, bytes] = [0, 0]
    while (count < this.#waiting.length && bytes < commitBytesMax) bytes += this.#waiting[count++]!.bytes
    return this.#waiting.splice(0, count)
  }
}

function pack(entries: readonly Entry[]): Parameters<Commit>[0] & { frames: ArrayBuffer } {
  const size = entries.reduce((sum, { records, bytes }) => sum + (records.length === 0 ? 0 : bytes), 0)
  const frames = new Uint8Array(size)
  const topics = new Map<string, number>()
  let end = 0
  for (const record of entries.flatMap(({ records }) => records)) {
    const topic = topics.get(record.topic) ?? topics.size
    topics.set(record.topic, topic)
    end = writeFrame(frames, end, record, 0, topic)
  }
  const parts = entries.flatMap(({ part }) => part ?? [])
  return { frames: end === size ? frames.buffer : frames.buffer.transfer(end), topicNames: [...topics.keys()], parts }
}

function settle(entries: readonly Entry[], { filed, parts }: Written): void {
  const fresh = new Map(filed.fresh)
  const expired = new Set(filed.expired)
  const conflicts = new Map(filed.conflicts)
  let [record, part] = [0, 0]
  for (const entry of entries) {
    if (entry.part !== undefined) {
      const answer = parts[part++]!
      if ('fault' in answer) entry.reject(new StoreError(answer.fault))
      else entry.resolve(answer.result as never)
      continue
    }
    const appended = entry.records.map((): Appended => {
      const place = record++
      const arrival = filed.arrivals[place]!
      const isExpired = expired.has(place)
      const found = { fresh: fresh.get(place), conflicts: conflicts.get(place) ?? [] }
      return {
        arrival: arrival === 0 ? undefined : arrival,
        isDuplicate: arrival === 0 && !isExpired,
        isExpired,
        ...found,
      }
    })
    entry.resolve(appended as never)
  }
}
