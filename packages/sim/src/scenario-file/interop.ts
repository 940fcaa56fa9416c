import { SimError } from '../error.ts'

/** Of a message, which has to fit an envelope of 60,000 bytes. */
const bytesMax = 59_000
/** After the last wait, for what is under way. */
const lastMs = 1000

/** Go's default values where they are not a scenario's. */
const goMesh = { dLow: 5, dHigh: 12, floodPublish: false }

/** GossipSubParams of go-libp2p-pubsub that a scenario's mesh has, too; durations there are nanoseconds. */
const meshOf: Readonly<Record<string, (value: number) => readonly [name: string, value: number]>> = {
  D: (value) => ['d', value],
  Dlo: (value) => ['dLow', value],
  Dhi: (value) => ['dHigh', value],
  Dlazy: (value) => ['dLazy', value],
  GossipFactor: (value) => ['gossipFactor', value],
  GossipRetransmission: (value) => ['gossipRetransmission', value],
  HistoryLength: (value) => ['historyLength', value],
  HistoryGossip: (value) => ['historyGossip', value],
  HeartbeatInterval: (value) => ['heartbeatMs', value / 1e6],
  PruneBackoff: (value) => ['pruneBackoffMs', value / 1e6],
  IDontWantMessageThreshold: (value) => ['idontwantBytes', value],
}

/** Of no effect on a run: the phase of heartbeats is drawn, and a scenario has no slow starts. */
const passedOver = new Set(['HeartbeatInitialDelay', 'SlowHeartbeatWarning'])

/** A script of gossipsub-interop as a scenario, before its defaults, and what was left out or changed, in words. */
export interface InteropScenario {
  /** For `parseScenario`. */
  readonly file: Readonly<Record<string, unknown>>
  readonly changed: readonly string[]
}

/** Whether a value is what gossipsub-interop calls `params.json`: an object with a `script`. */
export function isInteropParams(value: unknown): boolean {
  return isTable(value) && Array.isArray(value['script'])
}

/**
 * Reads `params.json` of gossipsub-interop (libp2p/test-plans, gossipsub-interop/script_instruction.py) as a scenario: its
 * connections, rules of the mesh and publishes, on the network that Shadow gives it there: eight regions, a fifth of the nodes with
 * 1,024 Mbit/s and the others with 50. Throws `scenario-value` for what is no such script, and `scenario-conflict` for what no
 * scenario can say, with the path of the instruction: partial messages, nodes with different rules or topics.
 */
export function scenarioOfParams(value: unknown, name: string): InteropScenario {
  if (!isTable(value) || !Array.isArray(value['script']))
    throw new SimError('scenario-value', 'script', 'expected a list of instructions')
  const script = new Script()
  for (const [index, instruction] of (value['script'] as readonly unknown[]).entries())
    script.read(instruction, `script[${index}]`)
  return script.scenario(name)
}

class Script {
  readonly #rules = new Map<string, Map<number | undefined, number>>()
  readonly #pairs = new Map<string, readonly [from: number, to: number]>()
  readonly #publishes: { atMs: number; node: number; topic: string; bytes: number }[] = []
  /** Who subscribes to each topic; undefined: all. */
  readonly #subscribers = new Map<string, Set<number | undefined>>()
  readonly #changed = new Set<string>()
  #nodes = 0
  #nowMs = 0

  read(value: unknown, path: string, node?: number): void {
    if (!isTable(value)) throw wrong(path, 'an instruction', value)
    const whole = (field: string): number => wholeOf(value[field], `${path}.${field}`)
    const topic = (): string => topicOf(value['topicID'], `${path}.topicID`)
    switch (value['type']) {
      case 'ifNodeIDEquals':
        return this.read(value['instruction'], `${path}.instruction`, this.#seen(whole('nodeID')))
      case 'initGossipSub':
        return this.#init(value['gossipSubParams'] ?? {}, `${path}.gossipSubParams`, node)
      case 'connect': {
        const to = value['connectTo']
        if (!Array.isArray(to) || node === undefined)
          throw wrong(path, 'connectTo, of one node (ifNodeIDEquals)', value['connectTo'])
        for (const [at, peer] of to.entries()) this.#connect(node, wholeOf(peer, `${path}.connectTo[${at}]`))
        return undefined
      }
      case 'waitUntil':
        this.#nowMs = Math.max(this.#nowMs, numberOf(value['elapsedSeconds'], `${path}.elapsedSeconds`) * 1000)
        return undefined
      case 'subscribeToTopic': {
        if (value['partial'] === true) throw conflict(path, 'partial messages are not simulated')
        const nodes = this.#subscribers.get(topic()) ?? new Set()
        this.#subscribers.set(topic(), nodes.add(node))
        return undefined
      }
      case 'setTopicValidationDelay':
        if (numberOf(value['delaySeconds'], `${path}.delaySeconds`) > 0)
          this.#changed.add(`the validation delay of ${Number(value['delaySeconds']) * 1000} ms is left out`)
        return undefined
      case 'publish': {
        if (node === undefined) throw conflict(path, 'each message is of one node (ifNodeIDEquals)')
        const bytes = Math.min(bytesMax, Math.max(8, whole('messageSizeBytes')))
        if (bytes !== value['messageSizeBytes'])
          this.#changed.add(
            `messages of ${String(value['messageSizeBytes'])} bytes have ${bytes}, what one may have here`,
          )
        this.#publishes.push({ atMs: this.#nowMs, node, topic: topic(), bytes })
        return undefined
      }
      case 'addPartialMessage':
      case 'publishPartial':
        throw conflict(path, 'partial messages are not simulated')
      default:
        throw wrong(`${path}.type`, 'an instruction of gossipsub-interop', value['type'])
    }
  }

  scenario(name: string): InteropScenario {
    const mesh: Record<string, number | boolean> = { ...goMesh }
    for (const [rule, values] of this.#rules) mesh[rule] = this.#common(rule, values)
    this.#checkSubscribers()
    const file = {
      name,
      text: 'A script of gossipsub-interop.',
      nodes: this.#nodes,
      groups: [
        { name: 'supernodes', share: 0.2, uplinkMbps: 1024, downlinkMbps: 1024 },
        { name: 'fullnodes', share: 0.8, uplinkMbps: 50, downlinkMbps: 50 },
      ],
      parts: ['gossip'],
      connections: { kind: 'given', pairs: [...this.#pairs.values()] },
      mesh,
      links: { latency: { law: 'world' } },
      publishes: this.#publishes,
      durationMs: this.#nowMs + lastMs,
    }
    return { file, changed: [...this.#changed] }
  }

  #init(value: unknown, path: string, node: number | undefined): void {
    if (!isTable(value)) throw wrong(path, 'GossipSubParams', value)
    for (const [field, given] of Object.entries(value)) {
      if (given === null || passedOver.has(field)) continue
      const rule = Object.hasOwn(meshOf, field) ? meshOf[field]!(numberOf(given, `${path}.${field}`)) : undefined
      if (rule === undefined) {
        this.#changed.add(`${field} is left out`)
        continue
      }
      const values = this.#rules.get(rule[0]) ?? new Map<number | undefined, number>()
      this.#rules.set(rule[0], values.set(node, rule[1]))
    }
  }

  #common(rule: string, values: ReadonlyMap<number | undefined, number>): number {
    const [first, ...others] = new Set(values.values())
    const isOfAll = values.has(undefined) || values.size === this.#nodes
    if (first !== undefined && others.length === 0 && isOfAll) return first
    throw conflict(`mesh.${rule}`, 'nodes of a scenario have the same rules')
  }

  #checkSubscribers(): void {
    for (const { topic } of this.#publishes) if (!this.#subscribers.has(topic)) this.#subscribers.set(topic, new Set())
    for (const [topic, nodes] of this.#subscribers)
      if (!nodes.has(undefined) && nodes.size < this.#nodes)
        throw conflict('script', `${nodes.size} of ${this.#nodes} nodes subscribe to ${topic}; in a scenario all do`)
  }

  #connect(from: number, to: number): void {
    const key = [from, this.#seen(to)].toSorted((a, b) => a - b).join()
    if (!this.#pairs.has(key)) this.#pairs.set(key, [from, to])
  }

  #seen(node: number): number {
    this.#nodes = Math.max(this.#nodes, node + 1)
    return node
  }
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function numberOf(value: unknown, path: string): number {
  if (typeof value === 'number' && value >= 0 && value < Infinity) return value
  throw wrong(path, 'a number', value)
}

function wholeOf(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  throw wrong(path, 'a whole number', value)
}

function topicOf(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  throw wrong(path, 'a topic', value)
}

const conflict = (path: string, text: string): SimError => new SimError('scenario-conflict', path, text)

const wrong = (path: string, expected: string, value: unknown): SimError =>
  new SimError('scenario-value', path, `expected ${expected}, got ${(JSON.stringify(value) ?? 'nothing').slice(0, 80)}`)
