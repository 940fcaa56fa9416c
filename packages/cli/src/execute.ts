import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { MessageView } from '@grapevine/protocol/control'
import { formatElapsed } from './duration.ts'
import { shortId } from './message-id.ts'
import { note } from './output.ts'

/** How long to wait before a command that failed is run again, in ms: each time twice as long. */
const retryMs = { first: 1_000, max: 60_000 }

/** Options of an {@link Executor}. */
export interface ExecutorOptions {
  readonly command: string
  readonly jobs: number
  readonly env: NodeJS.ProcessEnv
  /** Runs a command that failed again and again, until the signal ends that. Absent: once. */
  readonly retryUntil?: AbortSignal | undefined
  /** Told when a message is over: whether its command ended with 0. */
  readonly onEnd?: (message: MessageView, isDone: boolean) => void
}

/** Gives the bytes that a command reads; undefined if they are gone, and there is nothing to do. */
type Body = () => Promise<Uint8Array | undefined>

/** Runs a shell command for each message, at most `jobs` at a time. */
export class Executor {
  readonly #options: ExecutorOptions
  readonly #running = new Set<Promise<void>>()
  #failed = 0

  constructor(options: ExecutorOptions) {
    this.#options = options
  }

  /** Messages whose command could not be run, ended with another code than 0, or was killed, to the last. */
  get failed(): number {
    return this.#failed
  }

  /** Resolves once the command for this message has started. */
  async take(message: MessageView, body: Body): Promise<void> {
    while (this.#running.size >= this.#options.jobs) await Promise.race(this.#running)
    const run = this.#run(message, body).finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  /** Resolves once every command has ended. */
  async finish(): Promise<void> {
    await Promise.all(this.#running)
  }

  async #run(message: MessageView, body: Body): Promise<void> {
    const isDone = await this.#try(message, body)
    if (!isDone) this.#failed++
    this.#options.onEnd?.(message, isDone)
  }

  async #try(message: MessageView, body: Body): Promise<boolean> {
    const { retryUntil } = this.#options
    for (let waitMs = retryMs.first; ; waitMs = Math.min(retryMs.max, waitMs * 2)) {
      const outcome = await this.#spawn(message, body)
      if (outcome === undefined) return true
      const isLast = retryUntil === undefined || retryUntil.aborted
      note(
        `error: command for ${shortId(message.id)}: ${outcome}${isLast ? '' : `; again in ${formatElapsed(waitMs)}`}`,
      )
      if (isLast) return false
      await delay(waitMs, undefined, { signal: retryUntil }).catch(() => undefined)
      if (retryUntil.aborted) return false
    }
  }

  /** What went wrong, or undefined. */
  async #spawn(message: MessageView, body: Body): Promise<string | undefined> {
    const { command, env } = this.#options
    const input = await body().catch((error: Error) => error)
    if (input === undefined) return undefined
    if (input instanceof Error) return input.message
    const child = spawn(command, {
      shell: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: {
        ...env,
        GRAPEVINE_ID: message.id,
        GRAPEVINE_TOPIC: message.topic,
        GRAPEVINE_AUTHOR: message.author ?? '',
        GRAPEVINE_TIME: message.time,
        GRAPEVINE_REDELIVERED: message.redelivered === true ? '1' : '',
      },
    })
    // A command need not read its input.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    try {
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
      if (code === 0) return undefined
      return signal === null ? `exit code ${code}` : `killed by ${signal}`
    } catch (error) {
      return (error as Error).message
    }
  }
}
