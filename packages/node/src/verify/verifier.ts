import { Worker } from 'node:worker_threads'
import { verify } from '../crypto.ts'
import { packJobs, type VerifyJob } from './job.ts'

/** Takes the answer for one signature. */
type OnVerified = (valid: boolean) => void

interface Waiting {
  readonly job: VerifyJob
  readonly onVerified: OnVerified
}

/** Signatures that are checked on the main thread in one turn of the event loop before the worker is asked. */
const inlinePerTurn = 2
/** The same while the worker starts: about 1 ms of work. */
const startingPerTurn = 8
/** Bytes handed to the worker at once: large enough to amortise the hand-over, small enough to keep answers coming. */
const batchBytesMax = 512 << 10

/**
 * Checks signatures, answering in the order of the questions: an author's messages stay in order. A lone message is
 * checked at once on the main thread; from the third in one turn of the event loop on, a worker thread takes over, so
 * that a flood of signatures does not keep the node from its other work. Until that thread has started the flood is
 * checked here, a little in each turn: with five nodes on two cores the start took 550 ms, in which nothing was relayed.
 */
export class Verifier {
  #worker: Worker | undefined
  /** Whether the worker has loaded and takes questions. */
  #isWorkerUp = false
  readonly #queue: Waiting[] = []
  #flying: Waiting[] = []
  #inlineLeft = inlinePerTurn
  #isTurnMarked = false
  #isStopped = false

  verify(job: VerifyJob, onVerified: OnVerified): void {
    const isWorkerIdle = this.#flying.length === 0 && this.#queue.length === 0
    if (isWorkerIdle && this.#inlineLeft > 0) {
      this.#inlineLeft--
      this.#markTurn()
      onVerified(verify(job.message, job.signature, job.author))
      return
    }
    this.#queue.push({ job, onVerified })
    this.#markTurn()
  }

  /** Ends the worker; open questions stay unanswered. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#worker?.terminate()
  }

  #markTurn(): void {
    if (this.#isTurnMarked) return
    this.#isTurnMarked = true
    setImmediate(() => {
      this.#isTurnMarked = false
      this.#inlineLeft = inlinePerTurn
      this.#handOver()
    })
  }

  #handOver(): void {
    if (this.#isStopped || this.#flying.length > 0 || this.#queue.length === 0) return
    const worker = this.#workerNow()
    if (!this.#isWorkerUp) return this.#checkHere()
    let bytes = 0
    let count = 0
    while (count < this.#queue.length && bytes < batchBytesMax) bytes += this.#queue[count++]!.job.message.length + 100
    this.#flying = this.#queue.splice(0, count)
    const packed = packJobs(this.#flying.map(({ job }) => job))
    worker.postMessage(packed, [packed])
  }

  /** Answers the first few that wait; the next turn goes on with the rest. */
  #checkHere(): void {
    for (let left = Math.min(startingPerTurn, this.#queue.length); left > 0; left--) {
      const { job, onVerified } = this.#queue.shift()!
      onVerified(verify(job.message, job.signature, job.author))
    }
    if (this.#queue.length > 0) this.#markTurn()
  }

  #workerNow(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(new URL(workerFile(import.meta.url), import.meta.url), { name: 'verify' })
    worker.unref()
    worker.on('message', (answers: Uint8Array) => {
      // The first says only that it is up.
      if (this.#isWorkerUp) return this.#answered([...answers].map((answer) => answer === 1))
      this.#isWorkerUp = true
      this.#handOver()
    })
    worker.on('error', () => this.#lostWorker())
    this.#worker = worker
    return worker
  }

  #answered(answers: readonly boolean[]): void {
    const flying = this.#flying
    this.#flying = []
    // First, so that the worker has something to do while what it found is taken in.
    this.#handOver()
    for (const [index, { onVerified }] of flying.entries()) onVerified(answers[index] ?? false)
  }

  /** A worker that died (out of memory, say) is replaced; what it had is checked here, so that nothing is lost. */
  #lostWorker(): void {
    this.#worker = undefined
    this.#isWorkerUp = false
    if (this.#isStopped) return
    this.#answered(this.#flying.map(({ job }) => verify(job.message, job.signature, job.author)))
  }
}

/** Where the thread's code is: beside this file in source and build, and by a name of its own in the command line's bundle. */
function workerFile(self: string): string {
  const [, extension] = /\/verifier\.(ts|js)$/.exec(self) ?? []
  return extension === undefined ? './verify-worker.js' : `./worker.${extension}`
}
