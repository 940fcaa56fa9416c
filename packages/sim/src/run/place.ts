import type { LinkOptions } from '../link.ts'
import { worldMap, type RegionMap } from '../region.ts'
import type { Rng } from '../rng.ts'
import type { LatencyChoice, NodeGroup, ScenarioFile } from '../scenario-file/scenario-file.ts'
import { groupRanges } from '../scenario-file/select.ts'
import type { Access } from '../world-options.ts'

/** Where the nodes of a scenario are, and how they are linked. */
export class Places {
  /** Names of the regions; none where latency does not go by them. */
  readonly regions: readonly string[]
  /** Part of all packets that is lost now. */
  loss: number
  readonly #file: ScenarioFile
  readonly #map: RegionMap | undefined
  readonly #regionOf: Uint8Array
  readonly #groupOf: Int8Array
  readonly #seed: number

  constructor(file: ScenarioFile, rng: Rng) {
    this.#file = file
    this.#map = mapOf(file.links.latency)
    this.regions = this.#map?.regions.map(({ name }) => name) ?? []
    this.loss = file.links.loss
    this.#seed = rng.next()
    this.#groupOf = new Int8Array(file.nodes).fill(-1)
    for (const [index, { first, end }] of groupRanges(file).entries()) this.#groupOf.fill(index, first, end)
    this.#regionOf = new Uint8Array(file.nodes)
    const total = this.#map?.regions.reduce((sum, { weight }) => sum + weight, 0) ?? 0
    for (let node = 0; node < file.nodes && this.#map !== undefined; node++) {
      let left = rng.unit() * total
      const drawn = this.#map.regions.findIndex(({ weight }) => (left -= weight) < 0)
      const given = this.regions.indexOf(this.groupOf(node)?.region ?? '')
      this.#regionOf[node] = Math.max(0, given < 0 ? drawn : given)
    }
  }

  /** The group of a node; undefined for one of no group, and for hostile ones. */
  groupOf(node: number): NodeGroup | undefined {
    return this.#file.groups[this.#groupOf[node] ?? -1]
  }

  regionOf(node: number): number {
    return this.#regionOf[node] ?? 0
  }

  /** A node's own line; undefined where nothing limits it. */
  accessOf(node: number): Access | undefined {
    const { uplinkMbps = 0, downlinkMbps = 0 } = this.groupOf(node) ?? {}
    if (uplinkMbps === 0 && downlinkMbps === 0) return undefined
    const rate = (mbps: number): number => (mbps === 0 ? Infinity : mbps * 125_000)
    return { upBytesPerSecond: rate(uplinkMbps), downBytesPerSecond: rate(downlinkMbps) }
  }

  /** The link from one host to another. Hostile ones are near everybody, and lose nothing. */
  linkOf(from: number, to: number): LinkOptions {
    const { nodes, links } = this.#file
    if (from >= nodes || to >= nodes) return {}
    return new PlacedLink(this, this.#latencyMs(from, to), links.jitterMs)
  }

  #latencyMs(from: number, to: number): number {
    const { latency } = this.#file.links
    if (latency.law === 'constant') return latency.ms
    if (latency.law === 'uniform') {
      const part = mix(
        this.#seed ^ Math.imul(Math.min(from, to), 0x9e3779b1) ^ Math.imul(Math.max(from, to), 0x85ebca6b),
      )
      return latency.minMs + (part / 2 ** 32) * (latency.maxMs - latency.minMs)
    }
    return this.#map!.ms[this.regionOf(from)]![this.regionOf(to)]!
  }
}

/** A link whose loss is that of all. */
class PlacedLink implements LinkOptions {
  readonly latencyMs: number
  readonly jitterMs: number
  readonly #places: Places

  constructor(places: Places, latencyMs: number, jitterMs: number) {
    this.#places = places
    this.latencyMs = latencyMs
    this.jitterMs = jitterMs
  }

  get loss(): number {
    return this.#places.loss
  }
}

function mapOf(latency: LatencyChoice): RegionMap | undefined {
  if (latency.law === 'world') return worldMap
  if (latency.law === 'file') throw new RangeError(`${latency.path} was not read`)
  return latency.law === 'matrix' ? latency : undefined
}

function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x7feb352d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
