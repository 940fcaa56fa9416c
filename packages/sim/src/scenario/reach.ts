import type { Millis } from '@grapevine/protocol'
import { reachable, type Graph } from '../graph.ts'
import type { HostId } from '../world.ts'

/**
 * Who must have heard: follows which edges of a graph have carried everything since when. An edge counts from a time on
 * if both ends stayed up and together ever since.
 */
export class Reach {
  readonly #graph: Graph
  readonly #isConnected: (a: HostId, b: HostId) => boolean
  /** Since when each edge works; absent while it does not. Both directions. */
  readonly #worksSince = new Map<HostId, Map<HostId, Millis>>()

  constructor(graph: Graph, isConnected: (a: HostId, b: HostId) => boolean) {
    this.#graph = graph
    this.#isConnected = isConnected
    this.changed(0)
  }

  /** To be called at every partition, heal and restart, after it. */
  changed(now: Millis): void {
    for (const [from, neighbours] of this.#graph) {
      const since = this.#edges(from)
      for (const to of neighbours) {
        if (!this.#isConnected(from, to)) since.delete(to)
        else if (!since.has(to)) since.set(to, now)
      }
    }
  }

  /** A host went down: its edges start anew even if it comes back at once. */
  crashed(host: HostId): void {
    this.#edges(host).clear()
    for (const neighbour of this.#graph.get(host) ?? []) this.#edges(neighbour).delete(host)
  }

  /** The hosts that a message from `start`, sent at `time` or later, has been able to reach ever since. */
  from(start: HostId, time: Millis): ReadonlySet<HostId> {
    const intact = (host: HostId): HostId[] =>
      [...this.#edges(host)].filter(([, since]) => since <= time).map(([neighbour]) => neighbour)
    return reachable(start, intact)
  }

  #edges(host: HostId): Map<HostId, Millis> {
    let edges = this.#worksSince.get(host)
    if (edges === undefined) this.#worksSince.set(host, (edges = new Map()))
    return edges
  }
}
