import type { Action, Event, Ref } from '@grapevine/protocol'

/** What came of one comparison. */
export type Compared = Action & { readonly type: 'compared' }

/** Comparisons that somebody waits for: asks the machine for each, and hands out the answers. */
export class Comparisons {
  readonly #dispatch: (event: Event) => void
  readonly #waiting = new Map<Ref, (compared: Compared) => void>()
  #lastRef: Ref = 0

  constructor(dispatch: (event: Event) => void) {
    this.#dispatch = dispatch
  }

  /** Compares with a connected peer; undefined once the signal aborts. */
  compare(
    wanted: Omit<Event & { type: 'compare' }, 'type' | 'ref'>,
    signal: AbortSignal,
  ): Promise<Compared | undefined> {
    if (signal.aborted) return Promise.resolve(undefined)
    const ref = --this.#lastRef
    return new Promise((resolve) => {
      const end = (compared?: Compared): void => {
        signal.removeEventListener('abort', onAbort)
        this.#waiting.delete(ref)
        resolve(compared)
      }
      const onAbort = (): void => end()
      signal.addEventListener('abort', onAbort)
      this.#waiting.set(ref, end)
      this.#dispatch({ type: 'compare', ref, ...wanted })
    })
  }

  /** A session ended; most are nobody's. */
  settle(compared: Compared): void {
    if (compared.ref !== undefined) this.#waiting.get(compared.ref)?.(compared)
  }
}
