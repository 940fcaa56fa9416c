import type { Event, Judgement, Sha256 } from '@grapevine/protocol'
import { toHex } from '@grapevine/protocol'
import { ActionDigest } from '@grapevine/protocol/recording'
import { type AnswerKind, answerKinds, type Asking, questionOf } from './answer-kind.ts'

/** What {@link Answers} need. */
export interface AnswersOptions {
  readonly sha256: Sha256
  /** Whether an Ed25519 signature is its author's. */
  readonly verify: (bytes: Uint8Array, signature: Uint8Array, author: Uint8Array) => boolean
  /** Topics whose messages somebody else judges: what the recording says of them does not count. */
  readonly judged: ReadonlySet<string>
}

type Answer = Event & ({ readonly ref: number } | { readonly stream: number })

/** Numbers of arrival of what the live node did not keep: after all others. */
const firstArrival = 2 ** 52

/**
 * Gives a second machine the answers that a recording has, whatever their refs: to the same question the same answer, at
 * the time at which it came. Questions that the live node never asked are answered at once, with what is likely.
 */
export class Answers {
  readonly #options: AnswersOptions
  readonly #digests: ActionDigest
  /** What the recording asked, by kind and ref: one ref may serve several kinds. */
  readonly #asked = new Map<string, string>()
  /** How often each question of the recording is open. */
  readonly #open = new Map<string, number>()
  /** Who waits for the same answer. */
  readonly #waiting = new Map<string, number[]>()
  /** Answers that nobody has asked for yet. */
  readonly #early = new Map<string, Answer[]>()
  /** What stands for refs of the recording, once they were answered. */
  readonly #refs = new Map<string, number>()
  readonly #judgesOf = new Map<number, readonly string[]>()
  readonly #judgements = new Map<string, Judgement>()
  #arrival = firstArrival
  #wall = 0
  /** Answers that the recording does not have. */
  supposed = 0

  constructor(options: AnswersOptions) {
    this.#options = options
    this.#digests = new ActionDigest(options.sha256)
  }

  /** The machine of the recording did this. */
  asked(action: Asking): void {
    const key = this.#keyOf(action)
    const question = questionOf(action)
    if (action.type === 'judge') {
      if (this.#options.judged.has(action.topic)) return
      this.#judgesOf.set(
        action.ref,
        action.messages.map(({ id }) => toHex(id)),
      )
    }
    const name = nameOf(question.kind, question.ref)
    this.#asked.set(name, key)
    this.#refs.delete(name)
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1)
  }

  /** An event of the recording as the other machine is to take it; undefined: not, or not yet. */
  translated(event: Event): Event | undefined {
    if ('wall' in event) this.#wall = event.wall
    const kind = answerKinds[event.type]
    if (kind === 'fact') return event
    const answer = event as Answer
    const ref = refOf(answer)
    // A stream that a peer has opened.
    if (ref < 0) return event
    if (event.type === 'judged') this.#remember(event)
    const name = nameOf(kind, ref)
    const known = this.#refs.get(name)
    if (known !== undefined) return withRef(answer, known)
    const key = this.#asked.get(name)
    if (key === undefined) return undefined
    const mine = this.#waiting.get(key)?.shift()
    if (mine === undefined) {
      const early = this.#early.get(key)
      if (early === undefined) this.#early.set(key, [answer])
      else early.push(answer)
      return undefined
    }
    this.#matched(key, name, mine)
    return withRef(answer, mine)
  }

  /** What the other machine is to be told at once, after it did this. */
  to(action: Asking): readonly Event[] {
    const question = questionOf(action)
    const key = this.#keyOf(action)
    const early = this.#early.get(key) ?? []
    const [first] = early
    if (first !== undefined) {
      const ref = refOf(first)
      this.#matched(key, nameOf(question.kind, ref), question.ref)
      const mine = early.filter((answer) => refOf(answer) === ref)
      this.#early.set(
        key,
        early.filter((answer) => refOf(answer) !== ref),
      )
      return mine.map((answer) => withRef(answer, question.ref))
    }
    const waiting = this.#waiting.get(key) ?? []
    if ((this.#open.get(key) ?? 0) > waiting.length) {
      this.#waiting.set(key, [...waiting, question.ref])
      return []
    }
    this.supposed++
    return this.#likely(action)
  }

  #matched(key: string, name: string, mine: number): void {
    this.#refs.set(name, mine)
    this.#asked.delete(name)
    this.#open.set(key, (this.#open.get(key) ?? 1) - 1)
  }

  #remember({ ref, judgements }: Event & { readonly type: 'judged' }): void {
    for (const [index, id] of (this.#judgesOf.get(ref) ?? []).entries()) {
      const judgement = judgements[index]
      if (judgement !== undefined) this.#judgements.set(id, judgement)
    }
    this.#judgesOf.delete(ref)
  }

  #likely(action: Asking): readonly Event[] {
    switch (action.type) {
      case 'sign':
        return [{ type: 'signed', ref: action.ref, signature: new Uint8Array(64) }]
      case 'gossip':
        return [{ type: 'gossiped', ref: action.ref, peers: 0 }]
      case 'gossipSigned': {
        const gossipId = toHex(this.#options.sha256(action.bytes))
        const { ref } = action
        return [
          { type: 'named', ref, gossipId, seqno: 0n },
          { type: 'gossiped', ref, peers: 0 },
        ]
      }
      case 'verify': {
        const { ref, bytes, signature, author } = action
        return [{ type: 'verified', ref, valid: this.#options.verify(bytes, signature, author) }]
      }
      case 'judge': {
        const judgements = action.messages.map(({ id }) => this.#judgements.get(toHex(id)) ?? accepted)
        return [{ type: 'judged', ref: action.ref, judgements }]
      }
      case 'store':
        return [{ type: 'stored', ref: action.ref, arrival: this.#arrival++ }]
      case 'load':
        return [{ type: 'loaded', ref: action.ref, records: [] }]
      case 'want':
        return [{ type: 'found', ref: action.ref, envelopes: [], wall: this.#wall }]
      case 'findBody':
        return [{ type: 'bodyFound', ref: action.ref, isHere: false }]
      case 'readBody':
        return [{ type: 'bodyRead', ref: action.ref }]
      case 'saveBody':
        return [{ type: 'bodySaved', ref: action.ref }]
      case 'askChunk':
        return [{ type: 'noChunk', ref: action.ref }]
      case 'open':
        break
    }
    return [{ type: 'closed', stream: action.stream }]
  }

  #keyOf(action: Asking): string {
    const { kind, about } = questionOf(action)
    return `${kind} ${toHex(this.#digests.of(about))}`
  }
}

const accepted: Judgement = { verdict: 'accept' }

const nameOf = (kind: AnswerKind, ref: number): string => `${kind} ${ref}`

const refOf = (answer: Answer): number => ('ref' in answer ? answer.ref : answer.stream)

const withRef = (answer: Answer, ref: number): Event =>
  ('ref' in answer ? { ...answer, ref } : { ...answer, stream: ref }) as Event
