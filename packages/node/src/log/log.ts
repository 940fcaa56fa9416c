import { LogFile } from './file.ts'
import { LogFollower } from './follower.ts'
import { includes, type LogLevel } from './level.ts'
import { formatLine, parseLine, type LogFields } from './line.ts'
import { readLog } from './read.ts'

/** One part's view of the log: `log.warn('link repaired', { peer })`. */
export type PartLog = {
  readonly [Level in LogLevel]: (text: string, fields?: LogFields) => void
} & {
  /** Whether anybody reads lines of this level: ask before making a costly one. */
  readonly wants: (level: LogLevel) => boolean
}

/** Options of a {@link Log}. */
export interface LogOptions {
  /** Folder of the log; without one, only followers and `onLine` see the lines. */
  readonly home?: string
  /** What goes into the file. Default `info`. */
  readonly level?: LogLevel
  /** Lines of at least `lineLevel`, for a person who watches. */
  readonly onLine?: ((level: LogLevel, text: string, fields: LogFields) => void) | undefined
  /** Default `warn`. */
  readonly lineLevel?: LogLevel
}

/**
 * The structured log of a node: JSON lines in the home's `node.log`, and live to followers, each with a level of its
 * own. No line fails: a log never takes the node down.
 */
export class Log {
  readonly #home: string | undefined
  readonly #level: LogLevel
  readonly #file: LogFile | undefined
  readonly #onLine: LogOptions['onLine']
  readonly #lineLevel: LogLevel
  readonly #followers = new Set<LogFollower>()
  #isClosed = false

  constructor({ home, level = 'info', onLine, lineLevel = 'warn' }: LogOptions = {}) {
    this.#home = home
    this.#level = level
    this.#onLine = onLine
    this.#lineLevel = lineLevel
    this.#file =
      home === undefined
        ? undefined
        : new LogFile(home, (lines) =>
            formatLine(new Date(), 'warn', 'log', 'lines lost: the disk was full', { lines }),
          )
  }

  /** Lines of a part, named as in docs/architecture.md: `node`, `gossip`, `control`, `libp2p:…`. */
  part(name: string): PartLog {
    const at =
      (level: LogLevel) =>
      (text: string, fields: LogFields = {}): void =>
        this.write(level, name, text, fields)
    return {
      error: at('error'),
      warn: at('warn'),
      info: at('info'),
      debug: at('debug'),
      trace: at('trace'),
      wants: (level) => this.wants(level),
    }
  }

  /** One line. Parts have shorter ways to say it. */
  write(level: LogLevel, part: string, text: string, fields: LogFields = {}): void {
    if (!this.wants(level)) return
    const line = formatLine(new Date(), level, part, text, fields)
    if (includes(this.#level, level)) this.#file?.append(line)
    if (level === 'error') this.#file?.flush()
    if (includes(this.#lineLevel, level)) this.#onLine?.(level, text, fields)
    if (this.#followers.size === 0) return
    const view = parseLine(line)
    if (view !== undefined) for (const follower of this.#followers) follower.take(view)
  }

  wants(level: LogLevel): boolean {
    if (this.#isClosed) return false
    if (includes(this.#level, level)) return true
    for (const follower of this.#followers) if (includes(follower.level, level)) return true
    return false
  }

  /** The `last` lines of the file and those from now on, of at least this urgency; whatever level the file takes. */
  follow(level: LogLevel, last = 0): LogFollower {
    this.flush()
    const first = this.#home === undefined ? [] : readLog(this.#home, { level, last })
    const follower = new LogFollower(level, first, (gone) => this.#followers.delete(gone))
    if (this.#isClosed) follower.close()
    else this.#followers.add(follower)
    return follower
  }

  /** Writes what waits, at once: for a process that is about to end. */
  flush(): void {
    this.#file?.flush()
  }

  close(): void {
    this.#isClosed = true
    for (const follower of this.#followers) follower.close()
    this.#file?.close()
  }
}
