import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StatusView } from '@grapevine/protocol/control'
import { ControlClient } from '../control/client.ts'
import { NodeError } from '../error.ts'
import { controlSocketOf } from '../home/socket-path.ts'
import type { Lab } from './lab.ts'

/** How often a condition is looked at, in ms. */
const pollMs = 100
/** Of a node's stderr, so many characters are kept for the report of its end. */
const saidMax = 4_000
/** A machine with as many busy processes as this one starts may take long for an answer. */
const answerMsMax = 60_000

/** Where and how a {@link FleetNode} runs. */
export interface FleetNodeOptions {
  readonly index: number
  readonly home: string
  readonly peerId: string
  /** Command line of the program, `[node, main.js]`. */
  readonly program: readonly [string, ...string[]]
  /** Absent: beside us. */
  readonly lab?: Lab | undefined
}

/** A node in a process and a home of its own. */
export class FleetNode {
  readonly index: number
  readonly home: string
  readonly peerId: string
  readonly client: ControlClient
  readonly #options: FleetNodeOptions
  #child: ChildProcess | undefined
  #said = ''

  constructor(options: FleetNodeOptions) {
    this.#options = options
    this.index = options.index
    this.home = options.home
    this.peerId = options.peerId
    this.client = new ControlClient({ socketPath: controlSocketOf(options.home) }, { answerMsMax })
  }

  get isUp(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Of the process that runs it, if one does. */
  get pid(): number | undefined {
    return this.isUp ? this.#child?.pid : undefined
  }

  /** Runs the node; resolves once it answers. Errors `stopped` (it ended, with what it said), `timeout`. */
  async start(signal: AbortSignal): Promise<void> {
    const { lab, index, program } = this.#options
    const [command, ...rest] = program
    const args = [...rest, '--home', this.home, 'up']
    const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe']
    const child = lab === undefined ? spawn(command, args, { stdio }) : lab.spawn(index, command, args, { stdio })
    this.#child = child
    this.#said = ''
    child.on('error', (error) => (this.#said += error.message))
    child.stderr!.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-saidMax)))
    await this.until(async () => (await this.#answers()) || undefined, signal, 'does not answer')
  }

  status(): Promise<StatusView> {
    return this.client.call('status', {})
  }

  /** Ends the process at once: nothing is said, nothing is flushed. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Ends it as a user does: it says that it leaves. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** Looks until there is something. Error `timeout` when the signal says so, `stopped` if the process ends. */
  async until<Value>(look: () => Promise<Value | undefined>, signal: AbortSignal, otherwise: string): Promise<Value> {
    for (;;) {
      if (!this.isUp) throw new NodeError('stopped', `the process of node ${this.index} ended: ${this.#said.trim()}`)
      const value = await look()
      if (value !== undefined) return value
      if (signal.aborted) throw new NodeError('timeout', `node ${this.index} ${otherwise}`)
      await sleep(pollMs)
    }
  }

  async #answers(): Promise<boolean> {
    return this.status().then(
      () => true,
      () => false,
    )
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.isUp) return
    const end = once(child, 'exit')
    child.kill(signal)
    await end
  }
}
