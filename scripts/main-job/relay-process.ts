import { fork, type ChildProcess } from 'node:child_process'
import { MainJobError } from './main-job-error.ts'
import type { Orders, RelayEvent, Reply, Request } from './relay-order.ts'

/** Last characters kept of what a node process prints: it prints only when something is wrong. */
const outputMax = 4_000

/** How long a node process may take to stop before it is killed. */
const stopMsMax = 5_000

type OrderOf<Name extends keyof Orders> = Orders[Name]['input'] extends undefined ? [] : [input: Orders[Name]['input']]

/** A node in a child process, as its parent sees it. */
export class RelayProcess {
  readonly name: string
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #ended = Promise.withResolvers<void>()
  #ref = 0
  #output = ''
  #isStopping = false
  /** How the process ended, once it has. */
  #failed: MainJobError | undefined

  /** `onFailed` is called if the process ends before it was told to. */
  constructor(name: string, on: { event: (event: RelayEvent) => void; failed: (error: MainJobError) => void }) {
    this.name = name
    this.#child = fork(new URL('./relay-node.ts', import.meta.url), [], {
      execArgv: ['--conditions=@grapevine/source'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-outputMax)
      })
    }
    this.#child.on('message', (reply) => {
      const message = reply as Reply
      if ('event' in message) on.event(message.event)
      else this.#settle(message)
    })
    this.#child.on('error', (error) => {
      // One that never started is never closed.
      if (this.#child.pid === undefined) this.#ended.resolve()
      on.failed(this.#failure(`could not be run: ${error.message}`))
    })
    // Not 'exit': what it printed last is read by then.
    this.#child.on('close', (code, signal) => {
      this.#failed = this.#failure(`ended unexpectedly (${signal === null ? `exit code ${code}` : signal})`)
      for (const { reject } of this.#waiting.values()) reject(this.#failed)
      this.#waiting.clear()
      this.#ended.resolve()
      if (!this.#isStopping) on.failed(this.#failed)
    })
  }

  /** Gives an order; resolves to its answer. Error `node-failed` if the node could not do it, or is gone. */
  ask<Name extends keyof Orders>(order: Name, ...[input]: OrderOf<Name>): Promise<Orders[Name]['answer']> {
    const ref = ++this.#ref
    const waiting = Promise.withResolvers<unknown>()
    // Somebody who stopped waiting for the answer does not make its failure one of the program.
    waiting.promise.catch(() => undefined)
    if (this.#failed !== undefined) waiting.reject(this.#failed)
    else {
      this.#waiting.set(ref, waiting)
      const request: Request = { ref, order, input }
      // A process that takes no orders is about to end, which settles what it was asked: how it ended says more.
      this.#child.send(request, () => undefined)
    }
    return waiting.promise as Promise<Orders[Name]['answer']>
  }

  /** Resolves when nothing of the process is left; never rejects. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopMsMax)
    if (this.#child.connected) this.ask('stop').catch(() => undefined)
    await this.#ended.promise
    clearTimeout(timer)
  }

  #settle(message: Exclude<Reply, { event: RelayEvent }>): void {
    const waiting = this.#waiting.get(message.ref)
    this.#waiting.delete(message.ref)
    if ('error' in message) waiting?.reject(this.#failure(`failed: ${message.error}`))
    else waiting?.resolve(message.answer)
  }

  #failure(what: string): MainJobError {
    const output = this.#output.trim()
    return new MainJobError('node-failed', `${this.name} ${what}${output === '' ? '' : `; it printed:\n${output}`}`)
  }
}
