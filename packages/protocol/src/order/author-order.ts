import { keyOf } from '../bytes.ts'
import type { Message, Millis } from '../event.ts'
import { costOf, type Missing, type Order, orderDefaults, type Ordered, type OrderOptions } from './order.ts'

/** Lives of authors whose next sequence is remembered while nothing of theirs waits; others are asked about anew. */
const livesMax = 4_096

interface Life {
  readonly key: string
  /** The sequence that comes next. */
  next: number
  /** Ascending. */
  readonly waiting: { readonly message: Message; readonly at: Millis }[]
  /** Since when `next` is missed. */
  since: Millis
}

/**
 * Each author's messages of one topic and epoch in sequence. Authors do not wait for each other. What nobody signed has
 * no sequence and passes.
 */
export class AuthorOrder implements Order {
  readonly #options: Required<OrderOptions>
  /** Idle ones, the least recently used first. */
  readonly #idle = new Map<string, Life>()
  /** Those with messages that wait, about in the order of `since`. */
  readonly #late = new Map<string, Life>()
  #waiting = 0
  #bytes = 0

  constructor(options: OrderOptions = {}) {
    this.#options = { ...orderDefaults, ...options }
  }

  get waiting(): number {
    return this.#waiting
  }

  get nextWakeup(): Millis | undefined {
    const [first] = this.#late.values()
    if (first === undefined) return undefined
    return this.#isFull ? first.since : first.since + this.#options.waitMs
  }

  /** Whether it is known which sequence of this message's author comes next. If not, {@link AuthorOrder.begin} says it. */
  knows(message: Message): boolean {
    return message.author.length === 0 || this.#find(lifeKey(message)) !== undefined
  }

  /** Begins the life of a message's author with sequence `next`: what is below lies before what is read. */
  begin(message: Message, next: number): void {
    const key = lifeKey(message)
    this.#idle.set(key, { key, next, waiting: [], since: 0 })
    if (this.#idle.size > livesMax) this.#idle.delete(this.#idle.keys().next().value!)
  }

  /** A life that was not begun begins with its first message. */
  take(message: Message, now: Millis): readonly Ordered[] {
    if (message.author.length === 0) return [{ message }]
    if (!this.knows(message)) this.begin(message, message.sequence)
    const life = this.#find(lifeKey(message))!
    const { sequence } = message
    if (sequence < life.next) return [{ message, late: true }]
    if (sequence > life.next) {
      this.#wait(life, message, now)
      return []
    }
    life.next++
    return [{ message }, ...this.#release(life)]
  }

  overdue(now: Millis): Missing | undefined {
    const due = this.nextWakeup
    if (due === undefined || now < due) return undefined
    const [life] = this.#late.values()
    const { message } = life!.waiting[0]!
    const { topic, author, epoch, sequence } = message
    return {
      message,
      gap: { topic, author, epoch, first: life!.next, last: sequence - 1 },
      isForced: this.#isFull,
    }
  }

  renew({ message }: Missing, now: Millis): void {
    const life = this.#late.get(lifeKey(message))
    if (life === undefined) return
    life.since = now
    this.#late.delete(life.key)
    this.#late.set(life.key, life)
  }

  giveUp({ message, gap }: Missing): readonly Ordered[] {
    const life = this.#late.get(lifeKey(message))
    if (life === undefined || message.sequence <= life.next) return []
    life.next = message.sequence
    return [{ gap }, ...this.#release(life)]
  }

  get #isFull(): boolean {
    const { messagesMax, bytesMax } = this.#options
    return this.#waiting > messagesMax || this.#bytes > bytesMax
  }

  #find(key: string): Life | undefined {
    const life = this.#idle.get(key)
    if (life === undefined) return this.#late.get(key)
    this.#idle.delete(key)
    this.#idle.set(key, life)
    return life
  }

  #wait(life: Life, message: Message, now: Millis): void {
    const { waiting } = life
    if (waiting.length === 0) {
      life.since = now
      this.#idle.delete(life.key)
      this.#late.set(life.key, life)
    }
    waiting.splice(rankOf(waiting, message.sequence), 0, { message, at: now })
    this.#waiting++
    this.#bytes += costOf(message)
  }

  /** Takes out what waits and follows without a gap. Two messages with one sequence both come out. */
  #release(life: Life): readonly Ordered[] {
    const { waiting } = life
    const ready: Ordered[] = []
    for (const { message } of waiting) {
      if (message.sequence > life.next) break
      ready.push(message.sequence < life.next ? { message, late: true } : { message })
      life.next = Math.max(life.next, message.sequence + 1)
      this.#bytes -= costOf(message)
    }
    if (ready.length === 0) return ready
    waiting.splice(0, ready.length)
    this.#waiting -= ready.length
    this.#late.delete(life.key)
    if (waiting.length === 0) this.#idle.set(life.key, life)
    else {
      life.since = waiting[0]!.at
      this.#late.set(life.key, life)
    }
    return ready
  }
}

const lifeKey = ({ topic, author, epoch }: Message): string => `${topic} ${epoch} ${keyOf(author)}`

/** How many of those that wait come before a sequence, or have it. */
function rankOf(waiting: Life['waiting'], sequence: number): number {
  let [low, high] = [0, waiting.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (waiting[middle]!.message.sequence <= sequence) low = middle + 1
    else high = middle
  }
  return low
}
