import { keyOf } from '../bytes.ts'
import type { Millis, PeerId } from '../event.ts'
import type { LiveQuery } from './live-query.ts'

/** An answer that a neighbour has not confirmed. */
export interface Unconfirmed {
  readonly live: LiveQuery
  /** First 16 bytes of the answer's digest. */
  readonly id: Uint8Array
  readonly peer: PeerId
  readonly frame: Uint8Array
  readonly repeats: number
}

/** Bounds of {@link UnconfirmedAnswers}. */
export interface UnconfirmedLimits {
  readonly unconfirmedMax: number
  readonly bytesMax: number
  readonly repeatMs: number
}

/** Answers on their way to a neighbour, until it says that it has them; all wait equally long, so that the first is due first. */
export class UnconfirmedAnswers {
  readonly #limits: UnconfirmedLimits
  readonly #waiting = new Map<string, Unconfirmed & { readonly dueAt: Millis }>()
  #bytes = 0

  constructor(limits: UnconfirmedLimits) {
    this.#limits = limits
  }

  /** When the first is due. */
  get nextAt(): Millis | undefined {
    return this.#waiting.values().next().value?.dueAt
  }

  /** What finds no room is not repeated. */
  add(answer: Unconfirmed, now: Millis): void {
    const { unconfirmedMax, bytesMax, repeatMs } = this.#limits
    const size = answer.frame.length
    const key = keyOf(answer.id) + answer.peer
    if (this.#waiting.size >= unconfirmedMax || this.#bytes + size > bytesMax || this.#waiting.has(key)) return
    this.#waiting.set(key, { ...answer, dueAt: now + repeatMs })
    this.#bytes += size
  }

  /** The peer has it. */
  confirm(id: Uint8Array, peer: PeerId): void {
    const key = keyOf(id) + peer
    const answer = this.#waiting.get(key)
    if (answer === undefined) return
    this.#waiting.delete(key)
    this.#bytes -= answer.frame.length
  }

  /** Takes out those that are due. */
  due(now: Millis): Unconfirmed[] {
    const due: Unconfirmed[] = []
    for (const answer of this.#waiting.values()) {
      if (answer.dueAt > now) break
      due.push(answer)
    }
    for (const { id, peer } of due) this.confirm(id, peer)
    return due
  }
}
