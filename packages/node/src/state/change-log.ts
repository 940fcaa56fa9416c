/** A change of a key of a map, of users or not: `key` is that of the map. */
export interface LoggedChange {
  readonly peerId: string
  readonly key: string
  readonly value: Uint8Array | undefined
  readonly epoch: number
  /** 0: see `Change` of the protocol. */
  readonly version: number
  /** µs since 1970. */
  readonly time: number
}

/** Bounds of what is kept for slow readers. */
const changesMax = 16_384
const bytesMax = 8_388_608
/** What a change costs beside its value. */
const changeBytes = 256

/**
 * The last changes, numbered from 1 in this life of the node, for whoever watches: readers pull, so that one which does not
 * read costs nothing, and knows by the numbers what it missed.
 */
export class ChangeLog {
  readonly #changes = new Map<number, LoggedChange>()
  readonly #readers = new Set<() => void>()
  #bytes = 0
  #last = 0
  #isClosed = false

  /** The number of the last change; 0 if there was none. */
  get last(): number {
    return this.#last
  }

  /** The number of the oldest that is kept, or the next one. */
  get oldest(): number {
    return this.#last - this.#changes.size + 1
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** A change that is kept. */
  at(number: number): LoggedChange {
    return this.#changes.get(number)!
  }

  add(changes: readonly LoggedChange[]): void {
    for (const change of changes) {
      this.#changes.set(++this.#last, change)
      this.#bytes += costOf(change)
    }
    for (const [number, change] of this.#changes) {
      if (this.#changes.size <= changesMax && this.#bytes <= bytesMax) break
      this.#changes.delete(number)
      this.#bytes -= costOf(change)
    }
    this.#wake()
  }

  /** Resolves when there is a change behind `number`, the log is closed, or `cancel` is called. */
  beyond(number: number): { readonly come: Promise<void>; readonly cancel: () => void } {
    if (number < this.#last || this.#isClosed) return { come: Promise.resolve(), cancel: () => undefined }
    let wake!: () => void
    const come = new Promise<void>((resolve) => (wake = resolve))
    this.#readers.add(wake)
    const cancel = (): void => {
      this.#readers.delete(wake)
      wake()
    }
    return { come, cancel }
  }

  /** Ends all readers. */
  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  #wake(): void {
    const readers = [...this.#readers]
    this.#readers.clear()
    for (const wake of readers) wake()
  }
}

const costOf = ({ value }: LoggedChange): number => changeBytes + (value?.length ?? 0)
