import { fromHex, type Judgement, type Message } from '@grapevine/protocol'
import type { ValidatorAnswer } from './answer.ts'
import type { Topic } from './topic.ts'

const timeoutMsDefault = 5_000
const concurrencyDefault = 64

/**
 * Runs the validator of one topic: a bounded number at once, each with a deadline. What it throws, or answers too late,
 * becomes a judgement that says so; nothing escapes. What waits is bounded by the machine's pending bytes.
 */
export class Judge {
  readonly #validate: NonNullable<Topic['validate']>
  readonly #timeoutMs: number
  readonly #concurrency: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(topic: Topic & { readonly validate: NonNullable<Topic['validate']> }) {
    this.#validate = topic.validate
    this.#timeoutMs = topic.validateTimeoutMs ?? timeoutMsDefault
    this.#concurrency = topic.validateConcurrency ?? concurrencyDefault
  }

  /** One judgement per message, in order; never rejects. */
  judge(messages: readonly Message[]): Promise<Judgement[]> {
    return Promise.all(messages.map((message) => this.#judgeOne(message)))
  }

  async #judgeOne(message: Message): Promise<Judgement> {
    if (this.#running < this.#concurrency) this.#running++
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await this.#ask(message)
    } finally {
      // The place goes to the next one: giving it back first would let a newcomer in as well.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }

  async #ask(message: Message): Promise<Judgement> {
    try {
      const answer = this.#validate(message)
      return judgementOf(isThenable(answer) ? await this.#inTime(answer) : answer)
    } catch (error) {
      return { verdict: 'defer', failed: 'error', reason: textOf(error) }
    }
  }

  #inTime(answer: PromiseLike<ValidatorAnswer>): Promise<ValidatorAnswer | typeof late> {
    const { promise, resolve } = Promise.withResolvers<typeof late>()
    const timer = setTimeout(resolve, this.#timeoutMs, late)
    return Promise.race([answer, promise]).finally(() => clearTimeout(timer))
  }
}

const late = Symbol('late')
const verdicts: readonly unknown[] = ['accept', 'ignore', 'reject', 'defer']

/** Validators are other people's programs: anything but an answer of the right form is their failure. */
function judgementOf(answer: ValidatorAnswer | typeof late): Judgement {
  if (answer === late) return { verdict: 'defer', failed: 'timeout' }
  const { verdict, reason, waitFor, forMs } = typeof answer === 'string' ? { verdict: answer } : (answer ?? {})
  if (!verdicts.includes(verdict)) return { verdict: 'defer', failed: 'error', reason: 'no verdict came back' }
  return {
    verdict,
    ...(reason !== undefined && { reason: textOf(reason) }),
    ...(Array.isArray(waitFor) && { waitFor: waitFor.flatMap(bytesOfId) }),
    ...(typeof forMs === 'number' && { forMs }),
  }
}

const bytesOfId = (id: unknown): Uint8Array[] => {
  const bytes = typeof id === 'string' ? fromHex(id.toLowerCase()) : id
  return bytes instanceof Uint8Array ? [bytes] : []
}

/** A validator returns and throws whatever it likes, also what cannot be told in words. */
function textOf(reason: unknown): string {
  try {
    if (reason instanceof Error) return reason.message
    return typeof reason === 'string' ? reason : (JSON.stringify(reason) ?? 'unknown')
  } catch {
    return 'unknown'
  }
}

/** Not every promise is of this realm's class. */
const isThenable = (answer: unknown): answer is PromiseLike<ValidatorAnswer> =>
  typeof (answer as PromiseLike<unknown> | undefined)?.then === 'function'
