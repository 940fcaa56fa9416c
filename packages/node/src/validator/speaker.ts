import type { Judgement, ValidatorFault } from '@grapevine/protocol'
import { LineSplitter } from '../control/line-splitter.ts'
import { answerBytesMax, answerOf } from './line.ts'

/** A message that waits for its judgement. */
export interface Question {
  /** Hex. */
  readonly id: string
  readonly line: string
  readonly askedAt: number
  readonly resolve: (judgement: Judgement) => void
  /** How often its validator broke down at it. */
  strikes: number
}

/** Where lines go to and come from. */
export interface Channel {
  write(text: string): void
  /** Whether what is written waits in memory. */
  readonly isFull: boolean
  /** No more questions come: what is under way is still answered. */
  end(): void
  /** It is of no use any more. */
  kill(): void
}

/** Told by a {@link Speaker}. */
export interface SpeakerEvents {
  readonly onAnswer: (judgement: Judgement) => void
  /** It is given up: with the questions that it did not answer, in order. */
  readonly onFault: (fault: ValidatorFault, detail: string, open: readonly Question[]) => void
}

/** Questions that one validator has at a time, and their characters. Enough to write in batches. */
const inFlightMax = 1_024
const inFlightLengthMax = 1 << 20

/** Until the first answer: interpreters and what they load take their time, on a busy machine too. */
const startMs = 10_000

/** One validator at work: gives it questions, and takes its answers, which come in the order of the questions. */
export class Speaker {
  readonly #channel: Channel
  readonly #events: SpeakerEvents
  readonly #splitter = new LineSplitter(answerBytesMax)
  #inFlight: Question[] = []
  #first = 0
  #length = 0
  /** Since when the first question is the one that it is at. */
  #since = 0
  #isEnding = false
  #isOver = false
  answered = 0

  constructor(channel: Channel, events: SpeakerEvents) {
    this.#channel = channel
    this.#events = events
  }

  get inFlight(): number {
    return this.#inFlight.length - this.#first
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether it takes another question now. */
  get hasRoom(): boolean {
    const isFree = !this.#isOver && !this.#isEnding && !this.#channel.isFull
    return isFree && this.inFlight < inFlightMax && this.#length < inFlightLengthMax
  }

  /** Asks, as long as there is room; the lines go out together. */
  ask(next: () => Question | undefined, now: number): void {
    let text = ''
    while (this.hasRoom) {
      const question = next()
      if (question === undefined) break
      if (this.inFlight === 0) this.#since = now
      this.#inFlight.push(question)
      this.#length += question.line.length
      text += question.line
    }
    if (text !== '') this.#channel.write(text)
  }

  /** Bytes of it. */
  hear(chunk: Buffer, now: number): void {
    for (const line of this.#splitter.push(chunk)) {
      if (this.#isOver) return
      if (line === undefined) return this.fault('long-line', `a line of more than ${answerBytesMax} bytes`)
      this.#take(line, now)
    }
    if (this.#isEnding && this.inFlight === 0) this.#finish()
  }

  /** Gives it no more questions; it ends when it has answered. */
  drain(): void {
    this.#isEnding = true
    if (this.inFlight === 0) this.#finish()
  }

  /** Gives it up if it is at one question for too long. */
  check(now: number, timeoutMs: number): void {
    const limitMs = this.answered === 0 ? Math.max(timeoutMs, startMs) : timeoutMs
    if (this.#isOver || this.inFlight === 0 || now - this.#since <= limitMs) return
    this.fault('silent', `no answer within ${limitMs} ms`)
  }

  fault(fault: ValidatorFault, detail: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#channel.kill()
    this.#events.onFault(fault, detail, this.#inFlight.slice(this.#first))
  }

  #finish(): void {
    this.#isOver = true
    this.#channel.end()
  }

  #take(line: Buffer, now: number): void {
    const question = this.#inFlight[this.#first]
    if (question === undefined) return this.fault('unasked', 'a line without a message')
    const judgement = answerOf(line, question.id)
    if (typeof judgement === 'string') return this.fault('garbage', judgement)
    this.#first++
    this.#length -= question.line.length
    if (this.#first > inFlightMax) {
      this.#inFlight = this.#inFlight.slice(this.#first)
      this.#first = 0
    }
    this.#since = now
    this.answered++
    this.#events.onAnswer(judgement)
    question.resolve(judgement)
  }
}
