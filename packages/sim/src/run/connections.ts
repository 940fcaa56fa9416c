import type { Millis } from '@grapevine/protocol'
import type { Rng } from '../rng.ts'
import type { ScenarioConnections } from '../scenario-file/scenario-file.ts'

/** What connections need of their world. Hosts are numbers: nodes first, hostile ones behind them. */
export interface ConnectionsOptions {
  /** The life of a host, counted from 0; undefined while it is down. */
  readonly lifeOf: (host: number) => number | undefined
  readonly isConnected: (a: number, b: number) => boolean
  /** After how long a host hears of a connection that came or went, drawn anew each time. */
  readonly noticeMs: () => Millis
  readonly at: (time: Millis, run: () => void) => void
  readonly onJoined: (host: number, peer: number) => void
  readonly onLeft: (host: number, peer: number) => void
}

interface Pair {
  readonly ends: readonly [number, number]
  /** Which lives are connected; empty: none. */
  link: string
  /** When each end hears of the last change. */
  readonly heardAt: [Millis, Millis]
}

/** Tells hosts of their connections: each end hears of what came or went in its own time, but in order. */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #pairsOf: readonly Pair[][]
  readonly #pairs: Pair[] = []

  constructor(hosts: number, ends: Iterable<readonly [number, number]>, options: ConnectionsOptions) {
    this.#options = options
    this.#pairsOf = Array.from({ length: hosts }, () => [])
    for (const pair of ends) {
      const state: Pair = { ends: pair, link: '', heardAt: [0, 0] }
      this.#pairs.push(state)
      for (const end of pair) this.#pairsOf[end]!.push(state)
    }
  }

  /** To be called after hosts came or went; absent: after all else. */
  changed(now: Millis, hosts?: readonly number[]): void {
    for (const pair of hosts?.flatMap((host) => this.#pairsOf[host]!) ?? this.#pairs) this.#look(pair, now)
  }

  /** At the start: all that can be is there, and everybody knows. */
  begin(): void {
    for (const pair of this.#pairs) {
      const [a, b] = pair.ends
      const { lifeOf, isConnected, onJoined } = this.#options
      if (!isConnected(a, b)) continue
      pair.link = `${lifeOf(a)} ${lifeOf(b)}`
      onJoined(a, b)
      onJoined(b, a)
    }
  }

  #look(pair: Pair, now: Millis): void {
    const { lifeOf, isConnected, noticeMs, at, onJoined, onLeft } = this.#options
    const [a, b] = pair.ends
    const link = isConnected(a, b) ? `${lifeOf(a)} ${lifeOf(b)}` : ''
    if (link === pair.link) return
    const wasUp = pair.link !== ''
    pair.link = link
    for (const [place, host] of pair.ends.entries()) {
      const life = lifeOf(host)
      if (life === undefined) continue
      const peer = pair.ends[1 - place]!
      const heardAt = Math.max(pair.heardAt[place]!, now + noticeMs())
      pair.heardAt[place] = heardAt
      at(heardAt, () => {
        // What an earlier life of the host was to hear is nothing to this one.
        if (lifeOf(host) !== life) return
        if (wasUp) onLeft(host, peer)
        if (link !== '') onJoined(host, peer)
      })
    }
  }
}

/** Who is connected with whom among so many nodes: each pair once. */
export function pairsOf(
  nodes: number,
  { kind, dials, pairs: given = [] }: ScenarioConnections,
  rng: Rng,
): [number, number][] {
  if (kind === 'given') return given.map(([from = 0, to = 0]) => [from, to])
  const pairs: [number, number][] = []
  if (kind === 'full') {
    for (let a = 0; a < nodes; a++) for (let b = a + 1; b < nodes; b++) pairs.push([a, b])
    return pairs
  }
  if (kind !== 'random') {
    for (let a = 0; a + 1 < nodes; a++) pairs.push([a, a + 1])
    if (kind === 'ring' && nodes > 2) pairs.push([0, nodes - 1])
    return pairs
  }
  const known = new Set<number>()
  for (let from = 0; from < nodes; from++) {
    // A node that everybody has dialled already may find nobody new.
    for (let made = 0, tries = 0; made < dials && tries < 20 * dials; tries++) {
      const to = rng.below(nodes)
      const key = Math.min(from, to) * nodes + Math.max(from, to)
      if (to === from || known.has(key)) continue
      known.add(key)
      pairs.push([from, to])
      made++
    }
  }
  return pairs
}
