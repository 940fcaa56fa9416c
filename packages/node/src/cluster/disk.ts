import { equalBytes, keyOf } from '@grapevine/protocol'
import { decodeOwnerState, encodeOwnerState, headSignedBytes, type OwnerState } from '@grapevine/protocol/state'
import { sha256, verify } from '../crypto.ts'
import type { PartLog } from '../log/log.ts'
import type { Store } from '../store/store.ts'

/** What keeping states needs. */
export interface StateDiskOptions {
  readonly store: Pick<Store, 'ask' | 'call'>
  readonly log: PartLog
  readonly networkId: Uint8Array
  /** Our key. */
  readonly owner: Uint8Array
  /** This life. */
  readonly epoch: number
  readonly stateOf: (owner: Uint8Array) => OwnerState | undefined
  /** Owners that are there, as far as is known. */
  readonly present: () => readonly Uint8Array[]
}

/** Whoever waits for a write flushes. What others say comes again from others if a crash loses it, in ms. */
const writeMs = 5_000
/** Between two notes of who is there, in ms. */
const heardMs = 600_000
/** Of whom nothing was heard for a day of wall clock, others have forgotten too. */
const forgetMs = 86_400_000
const batchBytesMax = 4 << 20

/**
 * What owners say, on disk: at once where somebody waits for it, else a little later. What is on disk is no more than what is
 * in memory.
 */
export class StateDisk {
  readonly #options: StateDiskOptions
  readonly #changed = new Map<string, Uint8Array>()
  readonly #forgotten = new Map<string, Uint8Array>()
  #timer: NodeJS.Timeout | undefined
  #heardAt = performance.now()
  /** Writes go one after the other. */
  #last: Promise<void> = Promise.resolve()

  constructor(options: StateDiskOptions) {
    this.#options = options
  }

  /** What the last life left, as far as its signatures hold. Those of whom nothing was heard for a day are let go. */
  async restore(): Promise<readonly OwnerState[]> {
    const { store, owner: self, epoch } = this.#options
    const states: OwnerState[] = []
    const gone: Uint8Array[] = []
    let after: Uint8Array | undefined
    for (;;) {
      const page = await store.ask('state.list', after)
      if (page.length === 0) break
      after = page.at(-1)!.owner
      for (const { owner, heard, bytes } of page) {
        const state = this.#read(owner, bytes)
        const isOwn = equalBytes(owner, self)
        const isLate = isOwn ? (state?.head.epoch ?? 0) >= epoch : Date.now() - heard > forgetMs
        if (state === undefined || isLate) gone.push(owner)
        else states.push(state)
      }
    }
    if (gone.length > 0) await store.call('state.forget', gone)
    return states
  }

  /** An owner says something else now. It is on disk in a few seconds, or after `flush`. */
  keep(owner: Uint8Array): void {
    this.#forgotten.delete(keyOf(owner))
    this.#changed.set(keyOf(owner), owner)
    this.#timer ??= this.#later()
  }

  forget(owner: Uint8Array): void {
    this.#changed.delete(keyOf(owner))
    this.#forgotten.set(keyOf(owner), owner)
    this.#timer ??= this.#later()
  }

  /** Resolves when all is on disk that was to be kept. Error `disk`. */
  flush(): Promise<void> {
    this.#last = this.#last.catch(() => undefined).then(() => this.#write())
    return this.#last
  }

  /** The end of this life. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      await this.flush()
      await this.#noteHeard()
    } catch (error) {
      this.#options.log.warn('what members say could not be kept', { error })
    }
  }

  #later(): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timer = undefined
      this.flush()
        .then(() => (performance.now() - this.#heardAt > heardMs ? this.#noteHeard() : undefined))
        .catch((error: unknown) => this.#options.log.debug('what members say could not be kept', { error }))
    }, writeMs)
    return timer.unref()
  }

  async #noteHeard(): Promise<void> {
    this.#heardAt = performance.now()
    await this.#options.store.call('state.heard', { owners: this.#options.present(), now: Date.now() })
  }

  async #write(): Promise<void> {
    const { store, stateOf } = this.#options
    const forgotten = [...this.#forgotten.values()]
    this.#forgotten.clear()
    if (forgotten.length > 0) await store.call('state.forget', forgotten)
    while (this.#changed.size > 0) {
      const taken: Uint8Array[] = []
      const states: { owner: Uint8Array; bytes: Uint8Array }[] = []
      let bytesTaken = 0
      for (const [key, owner] of this.#changed) {
        if (bytesTaken > batchBytesMax) break
        this.#changed.delete(key)
        taken.push(owner)
        const state = stateOf(owner)
        if (state === undefined) continue
        states.push({ owner, bytes: encodeOwnerState(state) })
        bytesTaken += state.bytes
      }
      try {
        await store.call('state.keep', { states, now: Date.now() })
      } catch (error) {
        for (const owner of taken) this.#changed.set(keyOf(owner), owner)
        throw error
      }
    }
  }

  #read(owner: Uint8Array, bytes: Uint8Array): OwnerState | undefined {
    const state = decodeOwnerState(bytes, sha256)
    if (state === undefined || !equalBytes(state.head.owner, owner)) return undefined
    const { root, signature } = state.head
    return verify(headSignedBytes(this.#options.networkId, root), signature, owner) ? state : undefined
  }
}
