import { Worker } from 'node:worker_threads'
import { NodeError } from '../error.ts'
import type { Fault } from './fault.ts'
import type { WorkerAnswer, WorkerCalls, WorkerNews } from './worker-call.ts'

/** A NodeError that came from the worker, with what it means for the store. */
export class StoreError extends NodeError {
  readonly kind: Fault['kind']

  constructor({ code, message, kind }: Fault) {
    super(
      code,
      `store: ${message}`,
      kind === 'full' ? 'the disk is full: make room, and the node goes on by itself' : undefined,
    )
    this.kind = kind
  }
}

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

/** Memory of the thread's own heap, in MB: rows on their way through. What SQLite takes is not in it. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 }

/** One life of the worker thread: questions and their answers. A thread that ends leaves no question unanswered. */
export class WorkerLink {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #hasEnded = false

  /** `onEnd` is told once, when the thread is gone; with an error unless it was asked to go. */
  constructor(onEnd: (error: Error | undefined) => void, onNews: (news: WorkerNews) => void = () => {}) {
    this.#worker = new Worker(new URL(workerFile(import.meta.url), import.meta.url), { name: 'store', resourceLimits })
    this.#worker.unref()
    let failure: Error | undefined
    this.#worker.on('message', (message: WorkerAnswer | WorkerNews) =>
      'id' in message ? this.#answered(message) : onNews(message),
    )
    this.#worker.on('messageerror', (error) => (failure = error))
    this.#worker.on('error', (error: Error) => (failure = error))
    this.#worker.on('exit', (code) => {
      this.#hasEnded = true
      failure ??= code === 0 ? undefined : new Error(`exit ${code}`)
      const error = new NodeError('internal', 'the store’s thread ended', undefined, { cause: failure })
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
      onEnd(failure)
    })
  }

  /** Asks the thread; `transfer` are buffers that go over to it. */
  request<Name extends keyof WorkerCalls>(
    call: Name,
    args: Parameters<WorkerCalls[Name]>[0],
    transfer: ArrayBuffer[] = [],
  ): Promise<ReturnType<WorkerCalls[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) return reject(new NodeError('internal', 'the store’s thread ended'))
      const id = ++this.#lastId
      this.#waiting.set(id, { resolve, reject })
      // A process that has nothing else to do waits for answers, and only for them.
      this.#worker.ref()
      this.#worker.postMessage({ id, call, args }, transfer)
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #answered(answer: WorkerAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (this.#waiting.size === 0) this.#worker.unref()
    if ('fault' in answer) waiting?.reject(new StoreError(answer.fault))
    else waiting?.resolve(answer.value as never)
  }
}

/** Where the thread's code is: beside this file in source and build, and by a name of its own in the command line's bundle. */
function workerFile(self: string): string {
  const [, extension] = /\/worker-link\.(ts|js)$/.exec(self) ?? []
  return extension === undefined ? './store-worker.js' : `./worker.${extension}`
}
