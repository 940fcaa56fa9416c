import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * What a peer program in another language says, one JSON object a line on stdout. Peers are peer ids as text, topics
 * wire topics.
 */
export type PeerEvent =
  /** First of all: it listens. Addresses end in `/p2p/ID`; `versions` names what it is made of. */
  | { readonly event: 'ready'; readonly peer: string; readonly addresses: readonly string[]; readonly versions: string }
  | { readonly event: 'dialed'; readonly peer: string }
  | { readonly event: 'joined'; readonly topic: string }
  /** A connected peer subscribes to a topic that the program has joined, or does so no more. */
  | { readonly event: 'subscribed' | 'unsubscribed'; readonly topic: string; readonly peer: string }
  /** All messages of a publish have been handed to gossipsub. */
  | { readonly event: 'published'; readonly topic: string; readonly prefix: string; readonly count: number }
  | PeerMessage
  /** A validator did not accept. `reason` is one of docs/protocol.md §7. */
  | {
      readonly event: 'refused'
      readonly topic: string
      readonly from: string
      readonly verdict: 'ignore' | 'reject'
      readonly reason: string
    }
  | { readonly event: 'scores'; readonly scores: Readonly<Record<string, number>> }
  /** A command failed. */
  | { readonly event: 'failed'; readonly do: string; readonly error: string }

/** A message that was delivered to the program: one payload, whatever came in the same envelope. */
export interface PeerMessage {
  readonly event: 'message'
  readonly topic: string
  /** The peer that brought it. */
  readonly from: string
  /** Payload as UTF-8. */
  readonly text: string
  /** Message id in hex: §4, or of a raw topic the gossip id. */
  readonly id: string
  /** Who wrote it, where the mode knows. */
  readonly author?: string
}

/** What it is told, one JSON object a line on stdin. It ends when stdin does. */
export type PeerCommand =
  /** Connects to a multiaddr with peer id: `dialed`. */
  | { readonly do: 'dial'; readonly address: string }
  /** Subscribes: `joined`. */
  | { readonly do: 'join'; readonly topic: string }
  | PeerPublish
  /** Publishes bytes as they are, in any mode: `published` with count 1. */
  | { readonly do: 'send'; readonly topic: string; readonly base64: string }
  /** `scores`: the gossipsub scores of connected peers. */
  | { readonly do: 'scores' }

/**
 * Publishes `texts`, and then `PREFIX 0` to `PREFIX (count − 1)`, once at least `peers` (default 1) are in the program's
 * mesh: `published`.
 */
export interface PeerPublish {
  readonly do: 'publish'
  readonly topic: string
  readonly prefix: string
  readonly count: number
  readonly texts?: readonly string[]
  readonly peers?: number
  /** Pads each text with spaces to this many bytes. */
  readonly size?: number
  /** Mode `enveloped`: payloads in one envelope, default 1. */
  readonly batch?: number
  /** Mode `enveloped`: schema id in hex. */
  readonly schema?: string
  /** Mode `enveloped`: makes wrong envelopes. `topic`: signed for another topic. */
  readonly fault?: 'signature' | 'topic' | 'encoding'
}

/** How a program is started: as flags, `--mode raw --network HEX …`. */
export interface PeerOptions {
  /**
   * `raw`: StrictNoSign and the gossip id of docs/protocol.md §2. `enveloped`: with envelopes too. `pubsub`: StrictSign and
   * the implementation's defaults.
   */
  readonly mode: 'raw' | 'enveloped' | 'pubsub'
  /** Network id in hex; not for `pubsub`. */
  readonly network?: string
  /** Seed of its Ed25519 key, 32 bytes in hex: the same peer id again. Default: a new key. */
  readonly key?: string
  /** Multiaddr; default `/ip4/127.0.0.1/tcp/0`. */
  readonly listen?: string
  /**
   * Validates nothing, neither what comes nor what it publishes itself, and publishes to every peer, in its mesh or not:
   * one that breaks the rules.
   */
  readonly unchecked?: boolean
  /** Mode `pubsub`, Go: refuses sequence numbers of an author that do not grow. */
  readonly 'seqno-validator'?: boolean
  /** Go: places in each of its queues; default 4,096. Its library's own default is 32. */
  readonly queue?: string
}

/** A running peer program. Keeps all that it said. */
export class PeerProgram {
  readonly child: ChildProcess
  readonly events: PeerEvent[] = []
  /** The end of what it wrote on stderr. */
  #stderr = ''
  #isOver = false
  readonly #watchers = new Set<() => void>()
  #id = ''
  #address = ''

  private constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stdin!.on('error', () => undefined)
    this.child.stderr!.on('data', (chunk: Buffer) => (this.#stderr = (this.#stderr + chunk.toString()).slice(-4_096)))
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.events.push(JSON.parse(line) as PeerEvent)
      this.#notify()
    })
    const end = (): void => {
      this.#isOver = true
      this.#notify()
    }
    this.child.on('error', (error) => (this.#stderr += error.message))
    this.child.on('error', end)
    this.child.on('close', end)
  }

  /** Starts a program and waits until it listens. */
  static async start(command: string, options: PeerOptions): Promise<PeerProgram> {
    const flags = Object.entries(options).flatMap(([name, value]) =>
      value === true ? [`--${name}`] : [`--${name}`, value],
    )
    const program = new PeerProgram(command, flags)
    const { peer, addresses } = await program.saw('ready')
    program.#id = peer
    program.#address = addresses[0]!
    return program
  }

  /** Its peer id. */
  get id(): string {
    return this.#id
  }

  /** The multiaddr that it listens on, with its peer id. */
  get address(): string {
    return this.#address
  }

  tell(command: PeerCommand): void {
    this.child.stdin!.write(`${JSON.stringify(command)}\n`)
  }

  async dial(address: string): Promise<void> {
    const peer = address.split('/p2p/')[1]!
    this.tell({ do: 'dial', address })
    await this.saw('dialed', (event) => event.peer === peer)
  }

  async join(topic: string): Promise<void> {
    this.tell({ do: 'join', topic })
    await this.saw('joined', (event) => event.topic === topic)
  }

  /** Publishes, and waits until all is handed to gossipsub. */
  async publish(publish: Omit<PeerPublish, 'do'>): Promise<void> {
    this.tell({ do: 'publish', ...publish })
    await this.saw('published', ({ prefix }) => prefix === publish.prefix)
  }

  /** Waits for an event, which may have come already. */
  async saw<Name extends PeerEvent['event']>(
    name: Name,
    holds: (event: PeerEvent & { readonly event: Name }) => boolean = () => true,
  ): Promise<PeerEvent & { readonly event: Name }> {
    const find = (): (PeerEvent & { readonly event: Name }) | undefined =>
      this.events.find((event): event is PeerEvent & { readonly event: Name } => is(event, name) && holds(event))
    await this.until(() => find() !== undefined, `event ${name}`)
    return find()!
  }

  /** Drops past events of these kinds, so that `saw` waits for new ones. */
  forget(...names: readonly PeerEvent['event'][]): void {
    const kept = this.events.filter(({ event }) => !names.includes(event))
    this.events.splice(0, this.events.length, ...kept)
  }

  /** Scores of its peers as it sees them now. */
  async scores(): Promise<Readonly<Record<string, number>>> {
    const count = this.#of('scores').length
    this.tell({ do: 'scores' })
    await this.until(() => this.#of('scores').length > count, 'scores')
    return this.#of('scores').at(-1)!.scores
  }

  /** What was delivered on a topic, in order of arrival. */
  messages(topic: string): readonly PeerMessage[] {
    return this.#of('message').filter((event) => event.topic === topic)
  }

  /** Waits until a condition on its events holds; looks again at each line. Fails when the program ends first. */
  async until(holds: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
    if (holds()) return
    await new Promise<void>((resolve, reject) => {
      const close = (end: () => void): void => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        end()
      }
      const fail = (why: string): void => {
        const last = this.events.slice(-3).map((event) => JSON.stringify(event).slice(0, 300))
        close(() => reject(new Error([`no ${what}: ${why}`, ...last, this.#stderr].join('\n'))))
      }
      const look = (): void => {
        const failure = this.#of('failed')[0]
        if (holds()) close(resolve)
        else if (failure !== undefined) fail(`${failure.do}: ${failure.error}`)
        else if (this.#isOver) fail('the program ended')
      }
      const timer = setTimeout(() => fail(`not in ${timeoutMs} ms`), timeoutMs)
      this.#watchers.add(look)
      look()
    })
  }

  /** Ends it without a farewell; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.#over()
  }

  /** Closes its stdin, and waits for its end. */
  async stop(): Promise<void> {
    this.child.stdin!.end()
    await this.#over()
  }

  #of<Name extends PeerEvent['event']>(name: Name): (PeerEvent & { readonly event: Name })[] {
    return this.events.filter((event) => is(event, name))
  }

  #over(): Promise<void> {
    if (this.#isOver) return Promise.resolve()
    return new Promise((resolve) => void this.child.on('close', () => resolve()))
  }

  #notify(): void {
    for (const look of this.#watchers) look()
  }
}

const is = <Name extends PeerEvent['event']>(event: PeerEvent, name: Name): event is PeerEvent & { event: Name } =>
  event.event === name
