import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Config, type OptionName, writeOption } from '@grapevine/node/config'
import { ControlClient, NodeError } from '@grapevine/node/client'
import { createNetwork, initHome, joinNetwork, ticketOf } from '@grapevine/node/home'
import type { StatusView } from '@grapevine/protocol/control'
import type { Lab } from '@grapevine/node/lab'
import { until } from '../site.ts'
import { Inbox } from './inbox.ts'

const bundle = fileURLToPath(new URL('../../packages/cli/dist/bundle/main.js', import.meta.url))
/** A start under load on a small machine. */
const startMsMax = 120_000

/** How a member is made. */
export interface MemberOptions {
  readonly home: string
  /** IPv4 that it listens on. */
  readonly host: string
  readonly config?: Partial<Config> | undefined
  /** Where it runs; default: beside us. */
  readonly lab?: { readonly lab: Lab; readonly node: number } | undefined
  /** What stands before the command line, as `strace` does. */
  readonly wrapper?: readonly string[] | undefined
}

/** A node of the real command line, as built, in a process and a home of its own. */
export class Member {
  readonly home: string
  readonly client: ControlClient
  readonly #options: MemberOptions
  #child: ChildProcess | undefined
  #said = ''

  private constructor(options: MemberOptions) {
    this.#options = options
    this.home = options.home
    this.client = new ControlClient({ socketPath: join(options.home, 'control.sock') }, { answerMsMax: 60_000 })
  }

  /** Makes a home, in the network of the tickets or in a new one. The node is not started. */
  static async create(options: MemberOptions, tickets: readonly string[] = []): Promise<Member> {
    const { home, host, config = {} } = options
    const { port } = await initHome(home)
    writeOption(home, 'listen', [`/ip4/${host}/tcp/${port}`])
    for (const [name, value] of Object.entries(config)) writeOption(home, name as OptionName, value)
    if (tickets.length === 0) await createNetwork(home, { name: 'reliability' })
    for (const ticket of tickets) await joinNetwork(home, ticket)
    return new Member(options)
  }

  get ticket(): string {
    return ticketOf(this.home)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Runs the node; resolves once it answers. */
  async start(): Promise<void> {
    const { lab, wrapper = [] } = this.#options
    const line = [...wrapper, process.execPath, bundle, '--home', this.home, 'up']
    const [command, ...args] = line as [string, ...string[]]
    const stdio = ['ignore', 'ignore', 'pipe'] as const
    const child =
      lab === undefined
        ? spawn(command, args, { stdio: [...stdio] })
        : lab.lab.spawn(lab.node, command, args, { stdio: [...stdio] })
    this.#child = child
    this.#said = ''
    child.stderr!.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-4_000)))
    await until(() => this.#answers(child), Boolean, startMsMax)
  }

  status(): Promise<StatusView> {
    return this.client.call('status', {})
  }

  /** Publishes texts in order; the ids of those that were acknowledged, as they are. Throws what the node says. */
  async *publishing(topic: string, texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
    for await (const result of this.client.stream('publishLines', { topic }, { body: linesOf(texts) })) {
      if ('error' in result) throw new NodeError('internal', `a publish failed: ${result.error.message}`)
      yield result.id
    }
  }

  /** The same to the end. */
  publish(topic: string, texts: Iterable<string> | AsyncIterable<string>): Promise<string[]> {
    return Array.fromAsync(this.publishing(topic, texts))
  }

  /** Reads a topic from now on, across restarts of the node; resolves once it will see what comes. */
  read(topic: string): Promise<Inbox> {
    return Inbox.open(this.client, topic)
  }

  /** Exit code of `topic verify`: 0 if all peers of this one hold the same. */
  verify(topic: string): number | null {
    return spawnSync(process.execPath, [bundle, '--home', this.home, 'topic', 'verify', topic, '--timeout', '60s'])
      .status
  }

  /** Ends the process at once: nothing is said, nothing is flushed. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Ends it as a user does. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const end = once(child, 'exit')
    child.kill(signal)
    await end
  }

  async #answers(child: ChildProcess): Promise<boolean> {
    if (child.exitCode !== null) throw new Error(`the node of ${this.home} ended: ${this.#said}`)
    return this.status().then(
      () => true,
      () => false,
    )
  }
}

async function* linesOf(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<{ text: string }> {
  for await (const text of texts) yield { text }
}

/** What {@link Members.open} makes. */
export interface MembersOptions {
  readonly count: number
  /** A node of the lab for each; default: all on loopback. */
  readonly lab?: Lab
  readonly config?: Partial<Config>
  /** How many of those before it each member knows. Default 3. */
  readonly reach?: number
}

/** Members of one network, all up, in a line in which each is connected to those that are near. */
export class Members implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'gv-'))
  readonly all: Member[] = []
  readonly #options: MembersOptions

  private constructor(options: MembersOptions) {
    this.#options = options
  }

  /** Close them: that ends the processes, and removes the homes. */
  static async open(options: MembersOptions): Promise<Members> {
    const members = new Members(options)
    try {
      for (let index = 0; index < options.count; index++) await members.add()
      await Promise.all(members.all.map((member) => member.start()))
      return members
    } catch (error) {
      await members.close()
      throw error
    }
  }

  /** Makes another one, which is not started. */
  async add(options: Partial<MemberOptions> = {}): Promise<Member> {
    const { lab, config, reach = 3 } = this.#options
    const node = this.all.length
    const near = this.all.slice(-reach).map(({ ticket }) => ticket)
    const host = lab?.nodes[node]?.addresses[0] ?? '127.0.0.1'
    const home = join(this.directory, `n${node}`)
    const place = lab === undefined ? {} : { lab: { lab, node } }
    const member = await Member.create({ home, host, config, ...place, ...options }, near)
    this.all.push(member)
    return member
  }

  /** All of them hold the topic, and each knows of its neighbours that they do. */
  async join(topic: string): Promise<void> {
    const { reach = 3 } = this.#options
    for (const { client } of this.all) await client.call('topicHold', {}, { body: { topic } })
    const last = this.all.length - 1
    for (const [index, member] of this.all.entries()) {
      const neighbours = Math.min(index, reach) + Math.min(last - index, reach)
      const see = async (): Promise<number> => (await peersOf(member, topic)) ?? 0
      await until(see, (peers) => peers >= neighbours, startMsMax)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((member) => member.kill()))
    rmSync(this.directory, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Connected peers of a member that hold a topic. */
async function peersOf(member: Member, topic: string): Promise<number | undefined> {
  return (await member.status()).topics.find((view) => view.topic === topic)?.peers
}
