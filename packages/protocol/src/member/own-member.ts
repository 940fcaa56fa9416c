import type { Millis } from '../event.ts'
import { chooseWatchers } from './choose-watchers.ts'
import { encodeSelf } from './record.ts'

/** Between two writes of our own record, in ms. */
const writeMs = 1000
/** A watcher that accuses us for so long, and alone, does not hear us: it is replaced, in ms. */
const deafMs = 5000
/** For so long it is not chosen again, in ms. */
const excludedMs = 600_000

/** What we say of ourselves as a member, and when we have to say it anew. */
export class OwnMember {
  readonly #id: string
  readonly #watchersMax: number
  #watchers: readonly string[] = []
  #incarnation = 0
  #isLeft = false
  #isStale = true
  #writtenAt: Millis = -Infinity
  /** Since when each of our watchers accuses us. */
  readonly #accusedAt = new Map<string, Millis>()
  readonly #excluded = new Map<string, Millis>()

  constructor(id: string, watchersMax: number) {
    this.#id = id
    this.#watchersMax = watchersMax
  }

  get watchers(): readonly string[] {
    return this.#watchers
  }

  get incarnation(): number {
    return this.#incarnation
  }

  get isLeft(): boolean {
    return this.#isLeft
  }

  get needsWatchers(): boolean {
    return this.#watchers.length < this.#watchersMax
  }

  /** Chooses watchers anew where one is no candidate any more, or does not hear us. */
  appoint(candidates: readonly string[]): void {
    const heard = candidates.filter((id) => !this.#excluded.has(id))
    // Better one that does not hear us than none.
    const chosen = chooseWatchers(this.#id, this.#watchers, heard.length > 0 ? heard : candidates, this.#watchersMax)
    if (chosen.length === this.#watchers.length && chosen.every((id) => this.#watchers.includes(id))) return
    this.#watchers = chosen
    this.#isStale = true
  }

  /** These of our watchers accuse us; true if one is to be replaced. */
  accused(by: readonly string[], now: Millis): boolean {
    for (const id of this.#accusedAt.keys()) if (!by.includes(id)) this.#accusedAt.delete(id)
    for (const [id, until] of this.#excluded) if (now > until) this.#excluded.delete(id)
    let isDeaf = false
    for (const id of by) {
      const at = this.#accusedAt.get(id) ?? now
      this.#accusedAt.set(id, at)
      if (now - at < deafMs || this.#excluded.has(id)) continue
      this.#excluded.set(id, now + excludedMs)
      isDeaf = true
    }
    return isDeaf
  }

  refute(): void {
    this.#incarnation++
    this.#isStale = true
  }

  leave(): void {
    this.#isLeft = true
    this.#isStale = true
    this.#writtenAt = -Infinity
  }

  /** Our record, if it is to be written now. */
  write(now: Millis): Uint8Array | undefined {
    if (!this.#isStale || now < this.#writtenAt + writeMs) return undefined
    this.#writtenAt = now
    this.#isStale = false
    return encodeSelf({ incarnation: this.#incarnation, isLeft: this.#isLeft, watchers: this.#watchers })
  }
}
