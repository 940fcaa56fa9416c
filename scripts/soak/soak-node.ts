import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ControlClient } from '@grapevine/node/client'

const bundle = fileURLToPath(new URL('../../packages/cli/dist/bundle/main.js', import.meta.url))
const topic = 'soak'
const payloadSize = 100

/** What a process held at a moment. */
export interface Sample {
  readonly minute: number
  /** Resident set, in bytes. */
  readonly memory: number
  /** Open file descriptors. */
  readonly files: number
}

/** A real node process, with a publisher and a reader on its control API. */
export class SoakNode {
  readonly ticket: string
  readonly #child: ChildProcess
  readonly #client: ControlClient
  readonly #stopReading = new AbortController()
  /** Distinct messages that came, messages that came again, messages that the reader missed. */
  delivered = 0
  repeated = 0
  gaps = 0
  #seen: Set<number>[] = []

  private constructor(child: ChildProcess, client: ControlClient, ticket: string) {
    this.#child = child
    this.#client = client
    this.ticket = ticket
  }

  static async start(home: string, tickets: readonly string[]): Promise<SoakNode> {
    if (tickets.length === 0) command(home, 'network', 'create', 'soak')
    for (const ticket of tickets) command(home, 'join', ticket)
    const { port } = JSON.parse(readFileSync(join(home, 'node.json'), 'utf8')) as { port: number }
    const args = [bundle, '--home', home, 'up', '--listen', `/ip4/127.0.0.1/tcp/${port}`]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    const client = new ControlClient({ socketPath: join(home, 'control.sock') })
    for (let tries = 0; ; tries++) {
      try {
        const { ticket } = await client.call('ticket', {})
        return new SoakNode(child, client, ticket)
      } catch (error) {
        if (tries === 200) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }

  /** Begins to read; resolves once messages will be seen. Numbers per author are checked with a window of the newest. */
  async read(authors: number): Promise<void> {
    this.#seen = Array.from({ length: authors }, () => new Set())
    const { promise, resolve } = Promise.withResolvers<void>()
    const follow = async (): Promise<void> => {
      const events = this.#client.stream('subscribe', { topic: [topic] }, { signal: this.#stopReading.signal })
      for await (const event of events) {
        if ('ready' in event) resolve()
        else if ('gap' in event) this.gaps += event.gap.missed ?? 1
        else this.#count(event.text ?? '')
      }
    }
    follow().catch((error: unknown) => {
      if (!this.#stopReading.signal.aborted) console.error('a reader ended:', error)
    })
    await promise
  }

  /** Publishes numbered messages at a steady rate; resolves to their number at the end. */
  async publish(author: number, perSecond: number, until: number): Promise<number> {
    let sent = 0
    const startedAt = performance.now()
    async function* lines(): AsyncGenerator<{ text: string }> {
      for (; performance.now() < until; sent++) {
        const waitMs = startedAt + (sent * 1000) / perSecond - performance.now()
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
        yield { text: `${author} ${sent} `.padEnd(payloadSize, '.') }
      }
    }
    let acknowledged = 0
    for await (const result of this.#client.stream('publishLines', { topic }, { body: lines() })) {
      if ('error' in result) throw new Error(result.error.message)
      acknowledged++
    }
    return acknowledged
  }

  sample(minute: number): Sample {
    const { pid } = this.#child
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    return { minute, memory: pages * 4096, files: readdirSync(`/proc/${pid}/fd`).length }
  }

  async stop(): Promise<void> {
    this.#stopReading.abort()
    if (this.#child.exitCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    await ended
  }

  #count(text: string): void {
    const [author, number] = text.split(' ').map(Number)
    const seen = this.#seen[author!]!
    if (seen.has(number!)) {
      this.repeated++
      return
    }
    seen.add(number!)
    this.delivered++
    // A copy can only follow closely; the set stays small.
    if (seen.size > 20_000) seen.delete(seen.values().next().value!)
  }
}

function command(home: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [bundle, '--home', home, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}
