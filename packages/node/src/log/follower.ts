import type { GapView, LogView } from '@grapevine/protocol/control'
import { includes, type LogLevel } from './level.ts'

/** Lines that wait for a slow reader at most; the rest become a gap. */
const linesMax = 1_000

/** Lines of the log as they come. A reader that is too slow gets a gap in place of what it missed. */
export class LogFollower implements AsyncIterable<LogView | GapView> {
  readonly level: LogLevel
  readonly #onClose: (follower: LogFollower) => void
  #waiting: LogView[]
  #missed = 0
  #isClosed = false
  #wake: (() => void) | undefined

  /** `first`: lines from before. */
  constructor(level: LogLevel, first: readonly LogView[], onClose: (follower: LogFollower) => void) {
    this.level = level
    this.#waiting = [...first]
    this.#onClose = onClose
  }

  take(line: LogView): void {
    if (!includes(this.level, line.level)) return
    if (this.#waiting.length >= linesMax) this.#missed++
    else this.#waiting.push(line)
    this.#wake?.()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClose(this)
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogView | GapView, void, undefined> {
    try {
      for (;;) {
        const lines = this.#waiting
        const missed = this.#missed
        this.#waiting = []
        this.#missed = 0
        yield* lines
        if (missed > 0) yield { gap: { missed } }
        if (this.#waiting.length > 0) continue
        if (this.#isClosed) return
        await new Promise<void>((resolve) => (this.#wake = resolve))
        this.#wake = undefined
      }
    } finally {
      this.close()
    }
  }
}
