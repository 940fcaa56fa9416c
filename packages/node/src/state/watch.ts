import type { GapView, WatchReadyView } from '@grapevine/protocol/control'
import type { Watch } from '../cluster/state-api.ts'
import type { ChangeLog, LoggedChange } from './change-log.ts'

/** How a watch sees the log. */
export interface WatchParts<Change> {
  readonly log: ChangeLog
  /** This life of the node: a cursor of another one is worth nothing. */
  readonly epoch: number
  /** What is there now. */
  readonly present: () => readonly Change[]
  /** What a change, by its number, means to this watch; undefined: nothing. */
  readonly seen: (change: LoggedChange, number: number) => Change | Promise<Change | undefined> | undefined
}

/** Where a watch begins: see {@link Watch}. */
export interface WatchStart {
  readonly new?: boolean | undefined
  readonly after?: string | undefined
}

/** Behind nothing: who comes back with it begins anew. */
const nowhere = '0-0'

/** A reader of the log: what is there, then what comes. */
export class LogWatch<Change> implements Watch<Change> {
  readonly #parts: WatchParts<Change>
  /** The number of the change that was taken last; undefined: what is there comes first. */
  #number: number | undefined
  #isTorn = false
  #isClosed = false
  #cancel: (() => void) | undefined
  #cursor = nowhere

  constructor(parts: WatchParts<Change>, start: WatchStart) {
    this.#parts = parts
    const { log } = parts
    if (start.after !== undefined) {
      this.#number = this.#placeOf(start.after)
      this.#isTorn = this.#number === undefined
    } else if (start.new === true) this.#number = log.last
    if (this.#number !== undefined) this.#move(this.#number)
  }

  get cursor(): string {
    return this.#cursor
  }

  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Change | WatchReadyView | GapView, void, void> {
    const { log, present, seen } = this.#parts
    try {
      if (this.#number !== undefined) yield { ready: { present: 0 } }
      while (!this.#isOver) {
        if (this.#isTorn) {
          this.#isTorn = false
          yield { gap: {} }
        }
        if (this.#number === undefined) {
          const last = log.last
          const all = present()
          this.#cursor = nowhere
          for (const change of all) {
            if (this.#isOver) return
            yield change
          }
          this.#move(last)
          yield { ready: { present: all.length } }
          continue
        }
        if (this.#number < log.oldest - 1) {
          this.#number = undefined
          this.#isTorn = true
          continue
        }
        if (this.#number === log.last) {
          const wait = log.beyond(this.#number)
          this.#cancel = wait.cancel
          await wait.come
          continue
        }
        const number = this.#number + 1
        const change = await seen(log.at(number), number)
        this.#move(number)
        if (change !== undefined) yield change
      }
    } finally {
      this.close()
    }
  }

  get #isOver(): boolean {
    return this.#isClosed || this.#parts.log.isClosed
  }

  #move(number: number): void {
    this.#number = number
    this.#cursor = `${this.#parts.epoch}-${number}`
  }

  #placeOf(cursor: string): number | undefined {
    const [, epoch, number] = /^(\d{1,15})-(\d{1,15})$/.exec(cursor) ?? []
    const { log } = this.#parts
    return Number(epoch) === this.#parts.epoch && Number(number) <= log.last ? Number(number) : undefined
  }
}
