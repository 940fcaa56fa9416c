import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { MessageView } from '@grapevine/protocol/control'
import { shortId } from './message-id.ts'
import { note } from './output.ts'

/** Runs a shell command for each message, at most `jobs` at a time. */
export class Executor {
  readonly #command: string
  readonly #jobs: number
  readonly #env: NodeJS.ProcessEnv
  readonly #running = new Set<Promise<void>>()
  #failed = 0

  constructor(options: { readonly command: string; readonly jobs: number; readonly env: NodeJS.ProcessEnv }) {
    this.#command = options.command
    this.#jobs = options.jobs
    this.#env = options.env
  }

  /** Commands that could not be run, ended with another code than 0, or were killed. */
  get failed(): number {
    return this.#failed
  }

  /** Resolves once the command for this message has started. */
  async take(message: MessageView, body: Uint8Array): Promise<void> {
    while (this.#running.size >= this.#jobs) await Promise.race(this.#running)
    const run = this.#run(message, body).finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  /** Resolves once every command has ended. */
  async finish(): Promise<void> {
    await Promise.all(this.#running)
  }

  async #run(message: MessageView, body: Uint8Array): Promise<void> {
    const outcome = await this.#spawn(message, body)
    if (outcome === undefined) return
    this.#failed++
    note(`error: command for ${shortId(message.id)}: ${outcome}`)
  }

  /** What went wrong, or undefined. */
  async #spawn(message: MessageView, body: Uint8Array): Promise<string | undefined> {
    const child = spawn(this.#command, {
      shell: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: {
        ...this.#env,
        GRAPEVINE_ID: message.id,
        GRAPEVINE_TOPIC: message.topic,
        GRAPEVINE_AUTHOR: message.author ?? '',
        GRAPEVINE_TIME: message.time,
      },
    })
    // A command need not read its input.
    child.stdin.on('error', () => undefined)
    child.stdin.end(body)
    try {
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
      if (code === 0) return undefined
      return signal === null ? `exit code ${code}` : `killed by ${signal}`
    } catch (error) {
      return (error as Error).message
    }
  }
}
