import type { ClusterEvent } from '../cluster/cluster-event.ts'
import type { Millis } from '../event.ts'
import type { Sha256 } from '../id.ts'
import {
  type AnyAction,
  digestSize,
  entryTag,
  outcomeTag,
  type RecordedEvent,
  type RecordedLife,
  type RecordedPart,
  type RecordedStart,
  type RecordingEnd,
  type RuleAnswer,
} from './entry.ts'
import { ValueWriter } from './value-writer.ts'

/** Options of a {@link RecordingWriter}. */
export interface RecordingWriterOptions {
  readonly sha256: Sha256
  /** Write actions, and not only their digests. */
  readonly hasActions: boolean
}

/** Writes the recording of one life of a node. What it has written is taken away from time to time. */
export class RecordingWriter {
  readonly #values = new ValueWriter({ remembers: true })
  readonly #digests: ActionDigest
  readonly #hasActions: boolean

  constructor({ sha256, hasActions }: RecordingWriterOptions) {
    this.#digests = new ActionDigest(sha256, { remembers: true })
    this.#hasActions = hasActions
  }

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#values.length
  }

  /** A copy of what was written since the last time, which ends with a whole entry. */
  take(): Uint8Array {
    const bytes = this.#values.written.slice()
    this.#values.clear()
    return bytes
  }

  life(life: RecordedLife): void {
    this.#values.byte(entryTag.life)
    this.#values.value(life)
  }

  start(start: RecordedStart): void {
    this.#values.byte(entryTag.start)
    this.#values.value(start)
  }

  /** An event, before the part is given it: what follows is {@link outcome}. */
  event(part: RecordedPart, event: RecordedEvent | ClusterEvent, now: Millis): void {
    this.#values.byte(entryTag[part])
    this.#values.float(now)
    this.#values.value(event)
  }

  /** What came of the event; undefined: the part threw. */
  outcome(answers: readonly RuleAnswer[], actions: readonly AnyAction[] | undefined): void {
    this.#values.value(answers.length === 0 ? undefined : answers)
    if (actions === undefined) return this.#values.byte(outcomeTag.threw)
    if (actions.length === 0) return this.#values.byte(outcomeTag.nothing)
    if (this.#hasActions) {
      this.#values.byte(outcomeTag.actions)
      return this.#values.value(actions)
    }
    this.#values.byte(outcomeTag.digest)
    this.#values.raw(this.#digests.of(actions))
  }

  end(end: RecordingEnd): void {
    this.#values.byte(entryTag.end)
    this.#values.value(end)
  }
}

/**
 * Digests of lists of actions: the same for lists that are the same to the byte, and else not. With `remembers` that holds
 * for the n-th list of two series that were the same before, which takes a fifth of the time.
 */
export class ActionDigest {
  readonly #values: ValueWriter
  readonly #sha256: Sha256

  constructor(sha256: Sha256, { remembers = false }: { readonly remembers?: boolean } = {}) {
    this.#values = new ValueWriter({ remembers })
    this.#sha256 = sha256
  }

  /** The first 8 bytes of SHA-256 over all properties of all actions, in their order. */
  of(actions: readonly unknown[]): Uint8Array {
    this.#values.clear()
    this.#values.value(actions)
    return this.#sha256(this.#values.written).subarray(0, digestSize)
  }
}
