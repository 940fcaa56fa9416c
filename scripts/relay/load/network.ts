import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const grapevine = fileURLToPath(new URL('../../../grapevine', import.meta.url))
const script = fileURLToPath(new URL('../ethereum-transactions/relay.ts', import.meta.url))
const relay = 'ethereum-1'
const startMsMax = 60_000
/** Of the clock that counts processor time. */
const ticksPerSecond = 100

/** What a relay of the network says of itself. */
interface RelayStatus {
  readonly pid: number
  readonly counters: Readonly<Record<string, number>>
  readonly gauges: Readonly<Record<string, string | number>>
}

/** Nodes on this machine, each with its relay, each in a process of its own. */
export class RelayNetwork {
  readonly #place = mkdtempSync(join(tmpdir(), 'relay-load-'))
  readonly #env: NodeJS.ProcessEnv
  readonly #nodes: string[] = []
  readonly urls: string[] = []

  private constructor(slots: number) {
    const { GRAPEVINE_HOME: _, ...env } = process.env
    this.#env = { ...env, HOME: this.#place, NO_COLOR: '1', ETHEREUM_RPC_PORT: '0', ETHEREUM_POOL_SLOTS: String(slots) }
  }

  /** Starts them; resolves once all are connected to each other and judge. `slots`: of each pool. */
  static async open(count: number, slots: number): Promise<RelayNetwork> {
    const network = new RelayNetwork(slots)
    try {
      for (let index = 0; index < count; index++) await network.#start(`n${index + 1}`)
      await network.#connected()
      return network
    } catch (error) {
      await network.close()
      throw error
    }
  }

  async close(): Promise<void> {
    for (const node of this.#nodes) {
      await this.#run(node, 'relay', 'stop', relay).catch(() => undefined)
      await this.#run(node, 'down').catch(() => undefined)
    }
    rmSync(this.#place, { recursive: true, force: true })
  }

  async status(index: number): Promise<RelayStatus> {
    return JSON.parse(await this.#run(this.#nodes[index]!, 'relay', 'status', relay, '--json')) as RelayStatus
  }

  /** Processor seconds that all nodes and all relays have taken so far; undefined where the system does not say. */
  async processorSeconds(): Promise<{ readonly nodes: number; readonly relays: number } | undefined> {
    let [nodes, relays] = [0, 0]
    try {
      for (const [index, node] of this.#nodes.entries()) {
        const { pid } = JSON.parse(await this.#run(node, 'status', '--json')) as { readonly pid: number }
        nodes += ticksOf(pid) / ticksPerSecond
        relays += ticksOf((await this.status(index)).pid) / ticksPerSecond
      }
    } catch {
      return undefined
    }
    return { nodes, relays }
  }

  async #start(node: string): Promise<void> {
    const [first] = this.#nodes
    if (first === undefined) await this.#run(node, 'network', 'create', 'load')
    else await this.#run(node, 'join', await this.#run(first, 'ticket'))
    await this.#run(node, 'up', '--detach', '--listen', '/ip4/127.0.0.1/tcp/0')
    this.#nodes.push(node)
    await this.#run(node, 'relay', 'run', script, '--detach')
    const { gauges } = await this.#until(
      async () => this.status(this.#nodes.length - 1),
      (seen) => 'rpc' in seen.gauges,
    )
    this.urls.push(String(gauges['rpc']))
  }

  async #connected(): Promise<void> {
    for (const node of this.#nodes) {
      await this.#until(
        async () => JSON.parse(await this.#run(node, 'peer', 'ls', '--json')) as readonly { readonly state?: string }[],
        (peers) => peers.filter(({ state }) => state === 'connected').length >= this.#nodes.length - 1,
      )
    }
  }

  async #until<Value>(look: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
    for (const deadline = performance.now() + startMsMax; ; await delay(100)) {
      const value = await look()
      if (holds(value)) return value
      if (performance.now() > deadline) throw new Error(`the network has not come up: ${JSON.stringify(value)}`)
    }
  }

  async #run(node: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(grapevine, ['--node', node, ...args], { env: this.#env })
    return stdout.trim()
  }
}

/** Time in user and system mode, see proc_pid_stat(5). */
function ticksOf(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const fields = rest.split(' ')
  return Number(fields[11]) + Number(fields[12])
}
