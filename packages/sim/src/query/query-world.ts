import { encodeUtf8, keyOf, type Millis, sha256 as plainSha256, type Sha256 } from '@grapevine/protocol'
import { parseTagFilter } from '@grapevine/protocol/member'
import type { QueryLimits, Question } from '@grapevine/protocol/query'
import { type Graph, regularGraph } from '../graph.ts'
import type { LinkOptions } from '../link.ts'
import { type HostId, World } from '../world.ts'
import { QueryHost, type QueryNetwork } from './query-host.ts'

/** Options of {@link queryWorld}. */
export interface QueryWorldOptions {
  readonly nodes: number
  /** Neighbours of each node. */
  readonly degree: number
  readonly seed: number
  readonly link: LinkOptions
  readonly limits?: Partial<QueryLimits>
  /** A faster SHA-256 than the built-in one. */
  readonly sha256?: Sha256
  /** How long answering takes, in ms. Default 50. */
  readonly workMs?: Millis
  /** Share of the nodes that pass queries on, and keep the answers of others to themselves. Default 0. */
  readonly swallowers?: number
}

/** A network in which each node has a few neighbours, each second one the tag `role=relay`. Host names are `n0` and so on. */
export function queryWorld(options: QueryWorldOptions): {
  readonly world: World<Uint8Array, QueryHost>
  readonly names: readonly HostId[]
  readonly graph: Graph
  readonly traffic: { frames: number; bytes: number }
} {
  const { nodes, degree, seed, link, limits = {}, sha256 = plainSha256, workMs = 50, swallowers = 0 } = options
  const names = Array.from({ length: nodes }, (_, index) => `n${index}`)
  const owners = new Map(names.map((name) => [name, sha256(encodeUtf8(`owner ${name}`))]))
  const hosts = new Map([...owners].map(([name, owner]) => [keyOf(owner), name]))
  const traffic = { frames: 0, bytes: 0 }
  const world = new World<Uint8Array, QueryHost>({
    seed,
    link,
    onEvent: (event) => {
      if (event.type !== 'sent') return
      traffic.frames++
      traffic.bytes += event.payload.length
    },
  })
  const graph = regularGraph(world.rng.fork('graph'), names, degree)
  const bad = new Set(
    world.rng
      .fork('bad')
      .shuffle(names)
      .slice(0, Math.round(nodes * swallowers)),
  )
  const network: QueryNetwork = {
    networkId: sha256(encodeUtf8('query')),
    sha256,
    ownerOf: (host) => owners.get(host),
    hostOf: (owner) => hosts.get(keyOf(owner)) ?? 'nobody',
    linksOf: (host) => graph.get(host)!,
    tagOf: (host, key) => (key === 'role' && Number(host.slice(1)) % 2 === 0 ? 'relay' : undefined),
    limits,
    workMs,
    isSwallower: (host) => bad.has(host),
  }
  for (const name of names) world.add(name, (port, now) => new QueryHost(network, port, now))
  return { world, names, graph, traffic }
}

/** A question to all, or to those with a tag. */
export function questionOf(given: Partial<Question> = {}, tag?: string): Question {
  const tags = tag === undefined ? [] : [parseTagFilter(tag)!]
  const plain = { name: 'load', body: encodeUtf8('?'), members: [], relays: 0, wantsAck: true, timeoutMs: 5000 }
  return { ...plain, tags, ...given }
}

/** How queries fared. */
export interface QueryFigures {
  /** Parts of the members that were meant, 0 to 1. */
  readonly asked: number
  readonly acknowledged: number
  readonly answered: number
  /** What one query cost, over all nodes. */
  readonly framesPerNode: number
  readonly bytesPerNode: number
}

/** Asks everybody, so many times, each time in a fresh network. */
export function measureQueries(options: QueryWorldOptions, relays: number, times: number): QueryFigures {
  const sums = { asked: 0, acknowledged: 0, answered: 0, frames: 0, bytes: 0 }
  for (let turn = 0; turn < times; turn++) {
    const { world, names, traffic } = queryWorld({ ...options, seed: options.seed + turn })
    let result: ReturnType<QueryHost['ask']> | undefined
    world.act(world.rng.pick(names), (host, now) => (result = host.ask(questionOf({ relays }), now)))
    world.drain()
    sums.asked += names.reduce((sum, name) => sum + world.actor(name)!.asked, 0)
    sums.acknowledged += result!.acknowledged.size
    sums.answered += result!.answered.size
    sums.frames += traffic.frames
    sums.bytes += traffic.bytes
  }
  const all = options.nodes * times
  return {
    asked: sums.asked / all,
    acknowledged: sums.acknowledged / all,
    answered: sums.answered / all,
    framesPerNode: sums.frames / all,
    bytesPerNode: sums.bytes / all,
  }
}
