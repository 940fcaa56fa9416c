import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeTicket, ticketAddressesMax } from '@grapevine/protocol'
import { writeOption } from '../config/file.ts'
import type { Config, OptionName } from '../config/option.ts'
import { initHome, joinNetwork } from '../home/index.ts'
import { FleetNode } from './fleet-node.ts'
import type { Lab } from './lab.ts'

/** What {@link Fleet.open} makes. */
export interface FleetOptions {
  /** Command line of the program, `[node, main.js]`. */
  readonly program: readonly [string, ...string[]]
  readonly nodes: number
  /** Who keeps a connection to whom, by number. A pair at most once. */
  readonly dials: readonly { readonly from: number; readonly to: number }[]
  /** A lab with as many nodes; absent: all on loopback. */
  readonly lab?: Lab | undefined
  readonly config?: Partial<Config>
  /** Those that {@link Fleet.start} starts later. */
  readonly late?: ReadonlySet<number>
  /** How long all together may take to start and connect, in ms. Default: two minutes, and ten seconds a node. */
  readonly startMsMax?: number
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined
}

/** Real nodes of one network, each a process with a home of its own, connected as told and no further. */
export class Fleet implements AsyncDisposable {
  readonly nodes: readonly FleetNode[]
  /** Connections of each node. */
  readonly degrees: readonly number[]
  readonly #directory: string
  readonly #options: FleetOptions

  private constructor(options: FleetOptions, directory: string, nodes: readonly FleetNode[]) {
    this.#options = options
    this.#directory = directory
    this.nodes = nodes
    this.degrees = nodes.map(
      ({ index }) => options.dials.filter(({ from, to }) => from === index || to === index).length,
    )
  }

  /** Starts all and waits until they are connected; close it. Errors of {@link FleetNode.start}. */
  static async open(options: FleetOptions): Promise<Fleet> {
    const directory = mkdtempSync(join(tmpdir(), 'gv-fleet-'))
    let fleet: Fleet | undefined
    try {
      fleet = new Fleet(options, directory, await makeHomes(options, directory))
      const limit = fleet.#limit
      const early = fleet.nodes.filter(({ index }) => options.late?.has(index) !== true)
      await Promise.all(early.map((node) => node.start(limit)))
      await Promise.all(early.map((node) => fleet!.#connected(node, limit)))
      return fleet
    } catch (error) {
      await fleet?.close()
      rmSync(directory, { recursive: true, force: true })
      throw error
    }
  }

  /**
   * These nodes hold the topic, each knows of its neighbours that they do, and the mesh stands. Resolves to when each of them
   * came in, in ms since the call. Error `timeout`.
   */
  async join(topic: string, members: readonly number[] = this.nodes.map(({ index }) => index)): Promise<number[]> {
    const isMember = (index: number): boolean => members.includes(index)
    const neighbours = (index: number): number =>
      this.#options.dials.filter(({ from, to }) => (from === index && isMember(to)) || (to === index && isMember(from)))
        .length
    const nodes = this.nodes.filter(({ index }) => isMember(index))
    const start = performance.now()
    const joined = await Promise.all(
      nodes.map(async ({ client }) => {
        await client.call('topicHold', {}, { body: { topic } })
        return performance.now() - start
      }),
    )
    const limit = this.#limit
    const isJoined = async (node: FleetNode): Promise<true | undefined> => {
      const view = (await node.status()).topics.find((held) => held.topic === topic)
      const wanted = neighbours(node.index)
      return view !== undefined && view.peers >= wanted && view.mesh >= Math.min(wanted, meshLeast) ? true : undefined
    }
    await Promise.all(nodes.map((node) => node.until(() => isJoined(node), limit, `has no mesh in ${topic}`)))
    return joined
  }

  /** Starts a node that is late, or one that ended; resolves once it answers. Errors of {@link FleetNode.start}. */
  async start(index: number): Promise<void> {
    await this.nodes[index]!.start(this.#limit)
  }

  /** Ends all processes and removes all homes. */
  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #limit(): AbortSignal {
    const { nodes, startMsMax = 120_000 + 10_000 * nodes, signal } = this.#options
    return AbortSignal.any([AbortSignal.timeout(startMsMax), ...(signal === undefined ? [] : [signal])])
  }

  #connected(node: FleetNode, limit: AbortSignal): Promise<true> {
    const { dials, late } = this.#options
    const wanted = dials.filter(
      ({ from, to }) =>
        (from === node.index && late?.has(to) !== true) || (to === node.index && late?.has(from) !== true),
    ).length
    const look = async (): Promise<true | undefined> => {
      const { peers } = await node.status()
      return peers.filter(({ state }) => state === 'connected').length >= wanted || undefined
    }
    return node.until(look, limit, 'has not reached all peers that it was told of')
  }
}

/** The least mesh that @libp2p/gossipsub is content with (D_low). */
const meshLeast = 4

/** Homes of one network, in which each node knows those that it dials, and dials nobody else. */
async function makeHomes(options: FleetOptions, directory: string): Promise<FleetNode[]> {
  const { nodes, lab, config, program, dials } = options
  const networkId = new Uint8Array(randomBytes(32))
  const places: { readonly home: string; readonly peerId: string; readonly address: string }[] = []
  for (let index = 0; index < nodes; index++) {
    const home = join(directory, `n${index}`)
    const { peerId, port } = await initHome(home)
    const listen = `/ip4/${lab?.nodes[index]?.addresses[0] ?? '127.0.0.1'}/tcp/${port}`
    for (const [name, value] of Object.entries({ 'connections.target': 0, ...config, listen: [listen] }))
      writeOption(home, name as OptionName, value)
    places.push({ home, peerId, address: `${listen}/p2p/${peerId}` })
  }
  for (const [index, { home }] of places.entries()) {
    const addresses = dials.filter(({ from }) => from === index).map(({ to }) => places[to]!.address)
    for (let at = 0; at === 0 || at < addresses.length; at += ticketAddressesMax) {
      const part = addresses.slice(at, at + ticketAddressesMax)
      await joinNetwork(home, encodeTicket({ name: 'fleet', networkId, dialect: 'grapevine', addresses: part }))
    }
  }
  return places.map(({ home, peerId }, index) => new FleetNode({ index, home, peerId, program, lab }))
}
