import { note } from '../output.ts'
import { safe } from '../safe.ts'

/** What a stream says to whoever watches, on standard error; and what it counts. */
export class StreamLog {
  readonly #name: string
  readonly #away = new Set<string>()
  routed = 0
  filtered = 0
  refusals = 0

  constructor(name: string) {
    this.#name = name
  }

  say(text: string): void {
    note(`${this.#name}: ${safe(text)}`)
  }

  /** An end of the stream cannot be reached; said once until it is back. */
  away(what: string, error: unknown): void {
    if (this.#away.has(what)) return
    this.#away.add(what)
    this.say(`${what}: ${error instanceof Error ? error.message : String(error)}; trying again`)
  }

  ready(what: string): void {
    if (this.#away.delete(what)) this.say(`${what} is back`)
  }

  /** A message that the other end will never take. */
  refused(what: string, why: string): void {
    this.refusals++
    this.say(`${what} refused a message: ${why}`)
  }
}
