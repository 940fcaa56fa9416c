import type { Action, Event, Millis, PeerId, Ref } from '../event.ts'
import { Fetcher } from '../fetch/fetcher.ts'
import type { FetchAction, FetchEvent } from '../fetch/fetch-event.ts'
import type { FetchOptions } from '../fetch/options.ts'
import type { Sha256 } from '../id.ts'
import type { Journal } from '../journal.ts'
import type { Bodied, Job } from './job.ts'
import type { JobTable } from './job-table.ts'
import type { Decision } from '../verdict.ts'

/** What downloads need of their machine. */
export interface DownloadsContext<Item> {
  readonly sha256: Sha256
  readonly journal: Journal
  readonly emit: (action: Action) => void
  readonly nextRef: () => Ref
  /** A fetched body: whether it is what its id says, as far as that can be known. */
  readonly violation: (item: Item, body: Uint8Array) => Decision | undefined
  readonly fetch: Partial<FetchOptions> & { readonly seed: number }
}

/** What becomes of a download. */
export interface DownloadHandlers<Item> {
  /** It is on disk, or could not be saved. */
  readonly onSaved: (jobs: readonly Job<Item>[], failure: string | undefined) => void
  /** It is not what its id says. */
  readonly onWrong: (job: Job<Item>, decision: Decision) => void
  /** Nobody is left to be asked, or there was no room for it. */
  readonly onFailed: (job: Job<Item>, reason: 'nobody' | 'room') => void
}

const notItsId = 'it is not what its id says'

/** Drives the fetcher for envelopes that wait: asks, checks, has saved what is whole, and tells who lied. */
export class Downloads<Item extends Bodied> {
  readonly #context: DownloadsContext<Item>
  readonly #handlers: DownloadHandlers<Item>
  readonly #jobs: JobTable<Item>
  readonly #fetcher: Fetcher
  /** On their way to disk, with the fetcher's ref. */
  readonly #saves = new Map<Ref, { readonly name: string; readonly judging: Ref }>()
  #now: Millis = 0
  /** Requests that timed out. */
  late = 0

  constructor(context: DownloadsContext<Item>, jobs: JobTable<Item>, handlers: DownloadHandlers<Item>) {
    this.#context = context
    this.#handlers = handlers
    this.#jobs = jobs
    this.#fetcher = new Fetcher({ sha256: context.sha256, keepsParts: true, ...context.fetch })
  }

  turn(now: Millis): void {
    this.#now = now
  }

  get nextWakeup(): Millis {
    return this.#fetcher.nextWakeup ?? Infinity
  }

  /** Bytes of bodies that are not on disk yet. */
  get bytes(): number {
    return this.#fetcher.bytes
  }

  /** Chunks that have come, and who is asked now; undefined before the first is asked for. */
  progressOf({ name }: Job<Item>): ReturnType<Fetcher['progressOf']> {
    return this.#fetcher.progressOf(name)
  }

  tick(): void {
    if (this.nextWakeup <= this.#now) this.#run({ type: 'tick' })
  }

  /** A peer has the body that an envelope needs. */
  offer({ name, reference: { size, root } }: Job<Item>, peer: PeerId): void {
    this.#run({ type: 'offered', peer, id: name, size, root, isPreferred: true })
  }

  /** Nobody waits for it any more. */
  forget(name: string): void {
    this.#run({ type: 'forget', id: name })
  }

  /** Answers `askChunk`. */
  chunk(event: Event & { type: 'chunk' | 'noChunk' }): void {
    if (event.type === 'noChunk') return this.#run({ type: 'lacks', ref: event.ref })
    this.#run({ type: 'chunk', ref: event.ref, bytes: event.bytes, proof: event.proof })
  }

  /** Answers `saveBody`; false if it was about another. */
  saved({ ref, failure }: Event & { type: 'bodySaved' }): boolean {
    const save = this.#saves.get(ref)
    if (save === undefined) return false
    this.#saves.delete(ref)
    this.#run({ type: 'judged', ref: save.judging, isRight: true })
    this.#handlers.onSaved(this.#jobs.named(save.name), failure)
    return true
  }

  #run(event: FetchEvent): void {
    for (const action of this.#fetcher.handle(event, this.#now)) this.#carryOut(action, this.#jobs.named(action.id))
  }

  #carryOut(action: FetchAction, jobs: readonly Job<Item>[]): void {
    switch (action.type) {
      case 'ask':
        return this.#ask(action, jobs)
      case 'complete':
        return this.#complete(action, jobs)
      case 'blame': {
        const { peer, reason } = action
        for (const { sources } of jobs) sources.delete(peer)
        this.#note(jobs, peer, reason === 'bad-chunk' ? 'it sent a wrong chunk' : notItsId)
        return this.#context.emit({ type: 'blamed', peer, reason })
      }
      case 'late':
        this.late++
        return this.#note(jobs, action.peer, 'its body did not come in time')
      case 'failed':
        for (const job of jobs) this.#handlers.onFailed(job, action.reason)
    }
  }

  #ask({ ref, peer, root, index }: FetchAction & { type: 'ask' }, jobs: readonly Job<Item>[]): void {
    const first = jobs.filter(({ asked }) => !asked.has(peer))
    this.#note(first, peer, 'its body')
    for (const { asked } of first) asked.add(peer)
    this.#context.emit({ type: 'askChunk', ref, peer, root, index })
  }

  /** A body is whole and has its root: it is saved, if it is what any of these messages is to be. */
  #complete({ ref: judging, id: name, body }: FetchAction & { type: 'complete' }, jobs: readonly Job<Item>[]): void {
    const waiting = jobs.filter(({ state }) => state === 'fetching' || state === 'resting')
    const judged = waiting.map((job) => ({ job, wrong: this.#context.violation(job.item, body) }))
    const right = judged.flatMap(({ job, wrong }) => (wrong === undefined ? job : []))
    const [first] = right
    // Where another definition or a rule of ours is why it does not fit, those that offered it are not to blame.
    const isBlamed = judged.some(({ wrong }) => wrong?.verdict === 'reject')
    if (first === undefined) this.#run({ type: 'judged', ref: judging, isRight: !isBlamed })
    for (const { job, wrong } of judged) if (wrong !== undefined) this.#handlers.onWrong(job, wrong)
    if (first === undefined) return
    const ref = this.#context.nextRef()
    this.#saves.set(ref, { name, judging })
    for (const job of right) job.state = 'saving'
    const { reference, item } = first
    const { from, rules } = item
    this.#context.emit({ type: 'saveBody', ref, root: reference.root, bytes: body, topic: rules.name, from })
  }

  #note(jobs: readonly Job<Item>[], peer: PeerId, detail: string): void {
    for (const { item } of jobs) this.#context.journal.note(item.entry, { at: this.#now, what: 'asked', peer, detail })
  }
}
