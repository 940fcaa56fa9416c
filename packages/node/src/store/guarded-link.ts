import { setTimeout as sleep } from 'node:timers/promises'
import type { PartLog } from '../log/log.ts'
import { NodeError } from '../error.ts'
import type { StoreState, WorkerCalls } from './worker-call.ts'
import { StoreError, WorkerLink } from './worker-link.ts'

type Args<Name extends keyof WorkerCalls> = Parameters<WorkerCalls[Name]>[0]
type Result<Name extends keyof WorkerCalls> = ReturnType<WorkerCalls[Name]>

/** What a guarded link tells. */
export interface LinkEvents {
  /** The database was damaged and was made anew from what could be read. */
  readonly onSalvaged: (state: StoreState) => void
}

/** First and longest pause before a thread that ended is started again, or a full disk is asked whether it has room. */
const [restartMs, restartMsMax, recoverMs] = [100, 10_000, 1000]

/**
 * The worker thread, kept alive: started again when it ends, told to salvage when its database no longer hangs
 * together, and left alone with writes while the disk is full.
 */
export class GuardedLink {
  readonly #open: Args<'open'>
  readonly #log: PartLog | undefined
  readonly #events: LinkEvents
  #link: WorkerLink | undefined
  /** What a question waits for: start, restart or salvage. */
  #ready: Promise<StoreState>
  #isSalvaging = false
  #isFull = false
  #isStopped = false
  #failures = 0
  #roomTimer: NodeJS.Timeout | undefined

  constructor(open: Args<'open'>, log: PartLog | undefined, events: LinkEvents) {
    this.#open = open
    this.#log = log
    this.#events = events
    this.#ready = this.#start()
    // Whoever asks hears of it.
    this.#ready.catch(() => {})
  }

  /** What the store had when it was opened last; rejects if it cannot be opened. */
  get ready(): Promise<StoreState> {
    return this.#ready
  }

  /** Whether the disk is full: nothing is appended until it has room again. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Asks the thread, once it is up. */
  async request<Name extends keyof WorkerCalls>(
    call: Name,
    args: Args<Name>,
    transfer: ArrayBuffer[] = [],
  ): Promise<Result<Name>> {
    if (this.#isStopped) throw new NodeError('stopped', 'the store is closed')
    if (call === 'write' && this.#isFull) throw fullError()
    await this.#ready
    try {
      return await this.#link!.request(call, args, transfer)
    } catch (error) {
      if (error instanceof StoreError) this.#faulty(error)
      // A node that starts with a damaged store reads it once it has been made anew.
      if (!this.#isSalvaging || transfer.length > 0) throw error
      return await this.request(call, args)
    }
  }

  /** Closes the database and ends the thread. */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    clearTimeout(this.#roomTimer)
    try {
      await this.#ready
      await this.#link?.request('close', undefined)
    } catch {
      // What cannot be closed was synced at each commit.
    }
    await this.#link?.end()
  }

  async #start(): Promise<StoreState> {
    const link = new WorkerLink((error) => this.#ended(link, error))
    this.#link = link
    try {
      const state = await link.request('open', this.#open)
      this.#failures = 0
      return state
    } catch (error) {
      // A thread without a database is of no use.
      this.#link = undefined
      await link.end()
      throw error
    }
  }

  #ended(link: WorkerLink, error: Error | undefined): void {
    if (this.#isStopped || this.#link !== link) return
    this.#log?.error('the store’s thread ended: it is started again', { error: String(error) })
    this.#restart()
  }

  #restart(): void {
    const pause = Math.min(restartMs * 2 ** this.#failures++, restartMsMax)
    this.#ready = sleep(pause).then(() => this.#start())
    this.#ready.catch((reason: unknown) => {
      this.#log?.error('the store cannot be opened', { error: String(reason) })
      if (!this.#isStopped) this.#restart()
    })
  }

  #faulty({ kind, message }: StoreError): void {
    if (kind === 'full') this.#becameFull()
    if (kind !== 'damage' || this.#isSalvaging || this.#isStopped) return
    this.#isSalvaging = true
    this.#log?.error('the store is damaged: it is made anew from what can be read', { error: message })
    const link = this.#link!
    this.#ready = link.request('salvage', undefined)
    this.#ready
      .then(
        (state) => this.#events.onSalvaged(state),
        async (error: unknown) => {
          this.#log?.error('the store cannot be salvaged', { error: String(error) })
          // Started again, it opens what is there.
          await link.end()
        },
      )
      .finally(() => (this.#isSalvaging = false))
      .catch(() => {})
  }

  #becameFull(): void {
    if (this.#isFull || this.#isStopped) return
    this.#isFull = true
    this.#log?.error('the disk is full: nothing is stored until it has room')
    const ask = async (): Promise<void> => {
      const hasRoom = await this.request('recover', undefined).catch(() => false)
      if (this.#isStopped) return
      if (!hasRoom) return wait()
      this.#isFull = false
      this.#log?.info('the disk has room again')
    }
    const wait = (): void => {
      this.#roomTimer = setTimeout(() => void ask(), recoverMs).unref()
    }
    wait()
  }
}

const fullError = (): StoreError => new StoreError({ code: 'disk', message: 'database or disk is full', kind: 'full' })
