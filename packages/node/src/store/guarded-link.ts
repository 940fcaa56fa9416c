import { setTimeout as sleep } from 'node:timers/promises'
import type { PartLog } from '../log/log.ts'
import { NodeError } from '../error.ts'
import type { StoreState, WorkerCalls, WorkerNews } from './worker-call.ts'
import { StoreError, WorkerLink } from './worker-link.ts'

type Args<Name extends keyof WorkerCalls> = Parameters<WorkerCalls[Name]>[0]
type Result<Name extends keyof WorkerCalls> = ReturnType<WorkerCalls[Name]>

/** What a guarded link tells. */
export interface LinkEvents {
  /** The database was damaged and was made anew from what could be read. */
  readonly onSalvaged: (state: StoreState) => void
}

/**
 * First and longest pause before a thread that ended is started again, and the pause before a full disk is asked
 * whether it has room, ms.
 */
const [restartMs, restartMsMax, recoverMs] = [100, 10_000, 1000]

/** The worker thread, kept alive: started again when it ends, and left alone with writes while the disk is full. */
export class GuardedLink {
  readonly #open: Args<'open'>
  readonly #log: PartLog | undefined
  readonly #events: LinkEvents
  #link: WorkerLink | undefined
  /** What a question waits for: start or restart. */
  #ready: Promise<StoreState>
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
      if (error instanceof StoreError && error.kind === 'full') this.#becameFull()
      throw error
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
    const startedAt = performance.now()
    const link = new WorkerLink(
      (error) => this.#ended(link, error, performance.now() - startedAt),
      (news) => this.#told(news),
    )
    this.#link = link
    try {
      return await link.request('open', this.#open)
    } catch (error) {
      // A thread without a database is of no use.
      this.#link = undefined
      await link.end()
      throw error
    }
  }

  #ended(link: WorkerLink, error: Error | undefined, livedMs: number): void {
    if (this.#isStopped || this.#link !== link) return
    if (livedMs > restartMsMax) this.#failures = 0
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

  #told(news: WorkerNews): void {
    if ('salvaged' in news) this.#events.onSalvaged(news.salvaged)
    else this.#log?.error('the store is damaged: it is made anew from what can be read', { error: news.damage })
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
