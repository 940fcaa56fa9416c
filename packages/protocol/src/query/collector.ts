import { keyOf } from '../bytes.ts'
import type { PeerId, Ref } from '../event.ts'
import type { Answer } from './frame.ts'
import type { QueryAction } from './query-event.ts'

/** Members whose answers to one question are taken, and to all questions that are open. */
const respondersMax = 16_384
const respondersInAllMax = 32_768

interface Asked {
  readonly ref: Ref
  /** What each responder has said: bit n for index n. */
  readonly said: Map<string, number>
}

/** What came back to our own questions. */
export class Collector {
  readonly #asked = new Map<string, Asked>()
  readonly #peerOf: (owner: Uint8Array) => PeerId
  readonly #emit: (action: QueryAction) => void
  #responders = 0

  constructor(peerOf: (owner: Uint8Array) => PeerId, emit: (action: QueryAction) => void) {
    this.#peerOf = peerOf
    this.#emit = emit
  }

  open(key: string, ref: Ref): void {
    this.#asked.set(key, { ref, said: new Map() })
  }

  /** Whether this would be news: the question is ours and open, and nobody with this key has said it. */
  lacks(key: string, { responder, index }: Pick<Answer, 'responder' | 'index'>): boolean {
    const asked = this.#asked.get(key)
    if (asked === undefined) return false
    const said = asked.said.get(keyOf(responder))
    if (said !== undefined) return (said & (1 << index)) === 0
    return asked.said.size < respondersMax && this.#responders < respondersInAllMax
  }

  /** Takes what a responder has signed. What is no news is dropped. */
  take(key: string, answer: Answer): void {
    if (!this.lacks(key, answer)) return
    const { ref, said } = this.#asked.get(key)!
    const { responder, index, answers, body, isFailed } = answer
    const name = keyOf(responder)
    if (!said.has(name)) this.#responders++
    said.set(name, (said.get(name) ?? 0) | (1 << index))
    this.#emit({ type: 'response', ref, responder: this.#peerOf(responder), index, answers, body, isFailed })
  }

  /** The time of a question is over. */
  end(key: string): void {
    const asked = this.#asked.get(key)
    if (asked === undefined) return
    this.#drop(key, asked)
    this.#emit({ type: 'ended', ref: asked.ref })
  }

  /** Nobody waits for it any more. */
  cancel(ref: Ref): void {
    for (const [key, asked] of this.#asked) if (asked.ref === ref) this.#drop(key, asked)
  }

  #drop(key: string, { said }: Asked): void {
    this.#asked.delete(key)
    this.#responders -= said.size
  }
}
