import type { Millis, PeerId } from '@grapevine/protocol'
import type { Graph } from '../graph.ts'
import type { HostId } from '../world.ts'

/** What a neighbourhood needs of its world. */
export interface NeighbourhoodOptions {
  /** The mesh of each topic, by wire name. */
  readonly meshes: ReadonlyMap<string, Graph>
  /** The life of a host, counted from 0; undefined while it is down. */
  readonly lifeOf: (host: HostId) => number | undefined
  readonly isConnected: (a: HostId, b: HostId) => boolean
  /** After how long a host hears of a link that came or went, drawn anew each time. */
  readonly noticeMs: () => Millis
  readonly at: (time: Millis, run: () => void) => void
  readonly onJoined: (host: HostId, peer: PeerId, topics: readonly string[]) => void
  readonly onLeft: (host: HostId, peer: PeerId) => void
}

/**
 * Tells hosts which peers they are connected to, on which topics: each end of a link hears of it in its own time, but in
 * order.
 */
export class Neighbourhood {
  readonly #options: NeighbourhoodOptions
  readonly #pairs: readonly { readonly host: HostId; readonly peer: PeerId; readonly topics: readonly string[] }[]
  /** By pair: which lives were connected, and when the host hears of the last change. */
  readonly #states = new Map<string, { link: string; heardAt: Millis }>()

  constructor(options: NeighbourhoodOptions) {
    this.#options = options
    const pairs = new Map<string, { host: HostId; peer: PeerId; topics: string[] }>()
    for (const [topic, mesh] of options.meshes) {
      for (const [host, neighbours] of mesh) {
        for (const peer of neighbours) {
          const pair = pairs.get(`${host} ${peer}`) ?? { host, peer, topics: [] }
          pairs.set(`${host} ${peer}`, pair)
          pair.topics.push(topic)
        }
      }
    }
    this.#pairs = [...pairs.values()]
  }

  /** To be called at the start and at every partition, heal, crash and restart, after it. */
  changed(now: Millis): void {
    const { lifeOf, isConnected, noticeMs, at, onJoined, onLeft } = this.#options
    for (const { host, peer, topics } of this.#pairs) {
      const life = lifeOf(host)
      const name = `${host} ${peer}`
      const state = this.#states.get(name) ?? { link: '', heardAt: 0 }
      this.#states.set(name, state)
      const link = life !== undefined && isConnected(host, peer) ? `${life} ${lifeOf(peer)}` : ''
      if (link === state.link) continue
      const wasUp = state.link !== ''
      state.link = link
      const tell = (run: () => void): void => {
        state.heardAt = Math.max(state.heardAt, now + noticeMs())
        // What an earlier life of the host was to hear is nothing to this one.
        at(state.heardAt, () => void (lifeOf(host) === life && life !== undefined && run()))
      }
      if (wasUp) tell(() => onLeft(host, peer))
      if (link !== '') tell(() => onJoined(host, peer, topics))
    }
  }
}
