import { keyOf } from '../bytes.ts'
import type { Message, Millis } from '../event.ts'
import { link, unlink } from '../link.ts'
import { costOf, type Missing, type Order, orderDefaults, type Ordered, type OrderOptions } from './order.ts'

/** Ids of messages that came out last: what refers to older ones is asked about. */
const recentMax = 16_384

interface Waiting {
  readonly key: string
  readonly message: Message
  /** Parents that did not come out yet. */
  readonly lacking: Map<string, Uint8Array>
  since: Millis
}

/**
 * Messages behind the parents that they name, of whatever author. What names none passes at once. A parent is a message
 * of the same topic.
 */
export class CausalOrder implements Order {
  readonly #options: Required<OrderOptions>
  readonly #recent = new Set<string>()
  /** In the order in which they came, or were renewed. */
  readonly #waiting = new Map<string, Waiting>()
  /** Those that wait for a parent. */
  readonly #children = new Map<string, Set<string>>()
  #bytes = 0

  constructor(options: OrderOptions = {}) {
    this.#options = { ...orderDefaults, ...options }
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get nextWakeup(): Millis | undefined {
    const [first] = this.#waiting.values()
    if (first === undefined) return undefined
    return this.#isFull ? first.since : first.since + this.#options.waitMs
  }

  /** Parents of a message that did not come out lately and do not wait: the host says which of them are behind the reader. */
  unknownParents({ topic, parents = [] }: Message): readonly Uint8Array[] {
    return parents.filter((parent) => {
      const key = keyIn(topic, parent)
      return !this.#recent.has(key) && !this.#waiting.has(key)
    })
  }

  /** A message came out before what is read now: gives what waited for nothing else. */
  begin(topic: string, id: Uint8Array): readonly Ordered[] {
    return this.#follow(keyIn(topic, id))
  }

  take(message: Message, now: Millis): readonly Ordered[] {
    const { topic, id, parents = [] } = message
    const key = keyIn(topic, id)
    const lacking = new Map(parents.map((parent) => [keyIn(topic, parent), parent]))
    for (const parent of lacking.keys()) if (this.#recent.has(parent) || parent === key) lacking.delete(parent)
    if (lacking.size === 0 || this.#waiting.has(key)) return this.#release({ message }, key)
    this.#waiting.set(key, { key, message, lacking, since: now })
    this.#bytes += costOf(message)
    for (const parent of lacking.keys()) link(this.#children, parent, key)
    return []
  }

  overdue(now: Millis): Missing | undefined {
    const due = this.nextWakeup
    if (due === undefined || now < due) return undefined
    const [first] = this.#waiting.values()
    const { message, lacking } = this.#rootOf(first!)
    const gap = { topic: message.topic, of: message.id, parents: [...lacking.values()] }
    return { message, gap, isForced: this.#isFull }
  }

  renew({ message }: Missing, now: Millis): void {
    // Those that wait for this one wait on too.
    const found = [keyIn(message.topic, message.id)]
    const seen = new Set(found)
    for (const key of found) {
      const waiting = this.#waiting.get(key)
      if (waiting === undefined) continue
      waiting.since = now
      this.#waiting.delete(key)
      this.#waiting.set(key, waiting)
      for (const child of this.#children.get(key) ?? []) {
        if (seen.has(child)) continue
        seen.add(child)
        found.push(child)
      }
    }
  }

  giveUp({ message, gap }: Missing): readonly Ordered[] {
    const key = keyIn(message.topic, message.id)
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return []
    this.#drop(waiting)
    return [{ gap }, ...this.#release({ message }, key)]
  }

  get #isFull(): boolean {
    const { messagesMax, bytesMax } = this.#options
    return this.#waiting.size > messagesMax || this.#bytes > bytesMax
  }

  /** The one at whose end others wait: nothing that it lacks is here. Of a circle, any. */
  #rootOf(first: Waiting): Waiting {
    const seen = new Set<Waiting>()
    let root = first
    while (!seen.has(root)) {
      seen.add(root)
      for (const parent of root.lacking.keys()) {
        const found = this.#waiting.get(parent)
        if (found === undefined || seen.has(found)) continue
        root = found
        break
      }
    }
    return root
  }

  /** A message comes out, and behind it what waited for nothing else. */
  #release(first: Ordered & { readonly message: Message }, firstKey: string): readonly Ordered[] {
    return [first, ...this.#follow(firstKey)]
  }

  /** What comes out because one did. */
  #follow(firstKey: string): readonly Ordered[] {
    const ready: Ordered[] = []
    const keys = [firstKey]
    for (const key of keys) {
      this.#remember(key)
      const children = this.#children.get(key)
      this.#children.delete(key)
      for (const child of children ?? []) {
        const waiting = this.#waiting.get(child)
        if (waiting === undefined) continue
        waiting.lacking.delete(key)
        if (waiting.lacking.size > 0) continue
        this.#drop(waiting)
        ready.push({ message: waiting.message })
        keys.push(child)
      }
    }
    return ready
  }

  #drop({ key, message, lacking }: Waiting): void {
    this.#waiting.delete(key)
    this.#bytes -= costOf(message)
    for (const parent of lacking.keys()) unlink(this.#children, parent, key)
  }

  #remember(key: string): void {
    this.#recent.add(key)
    if (this.#recent.size > recentMax) this.#recent.delete(this.#recent.keys().next().value!)
  }
}

const keyIn = (topic: string, id: Uint8Array): string => `${topic} ${keyOf(id)}`
