import type { Draws } from '../draws.ts'
import type { SpaceOptions } from './option.ts'

/** Who a site turns to. */
export interface Partners {
  /** Another site than this one. */
  pick(draws: Draws, site: number): number
  /** How far apart two sites are, in links; 1 where there is no space. */
  distance(a: number, b: number): number
  /** Of its tables. */
  readonly bytes: number
}

/** All other sites alike. */
export function anyPartner(nodes: number): Partners {
  return { pick: (draws, site) => draws.other(site, nodes), distance: () => 1, bytes: 0 }
}

/**
 * Near ones rather than far ones. A site at distance d is chosen with a chance in proportion to
 * (Q(d − 1)^(1−a) − Q(d)^(1−a)) / (Q(d) − Q(d − 1)), where Q(d) sites are at most d away, the site itself among them:
 * Demers et al. 1987, eq. 3.1.1. Ring and grid look alike from every site, so that one table of steps serves all.
 */
export function nearPartner(nodes: number, { shape, exponent }: SpaceOptions): Partners {
  const side = shape === 'grid' ? Math.round(Math.sqrt(nodes)) : nodes
  const around = (step: number): number => Math.min(step, side - step)
  const lengthOf = (step: number): number =>
    shape === 'ring' ? around(step) : around(step % side) + around(Math.floor(step / side))
  const within: number[] = []
  for (let step = 0; step < nodes; step++) within[lengthOf(step)] = (within[lengthOf(step)] ?? 0) + 1
  for (let distance = 1; distance < within.length; distance++) within[distance]! += within[distance - 1]!
  const power = (count: number): number => (exponent === 1 ? -Math.log(count) : count ** (1 - exponent))
  const sign = exponent < 1 ? -1 : 1
  const weight = within.map((count, distance) => {
    if (distance === 0) return 0
    const nearer = within[distance - 1]!
    return (sign * (power(nearer) - power(count))) / (count - nearer)
  })
  const steps = aliasTable(Float64Array.from({ length: nodes }, (_, step) => weight[lengthOf(step)]!))
  const stepTo = (a: number, step: number): number => {
    if (shape === 'ring') return (a + step) % nodes
    const row = Math.floor(a / side) + Math.floor(step / side)
    return (row % side) * side + (((a % side) + (step % side)) % side)
  }
  const between = (a: number, b: number): number => {
    if (shape === 'ring') return around((b - a + nodes) % nodes)
    const [columns, rows] = [(b % side) - (a % side), Math.floor(b / side) - Math.floor(a / side)]
    return around((columns + side) % side) + around((rows + side) % side)
  }
  return {
    pick: (draws, site) => stepTo(site, steps.pick(draws)),
    distance: between,
    bytes: nodes * 12,
  }
}

/** Draws an index with a chance in proportion to its weight, in constant time: Walker 1977 in the form of Vose 1991. */
function aliasTable(weights: Float64Array): { pick: (draws: Draws) => number } {
  const count = weights.length
  let sum = 0
  for (const weight of weights) sum += weight
  const keep = weights.map((weight) => (weight * count) / sum)
  const alias = new Uint32Array(count)
  const small: number[] = []
  const large: number[] = []
  for (let index = 0; index < count; index++) (keep[index]! < 1 ? small : large).push(index)
  while (small.length > 0 && large.length > 0) {
    const [less, more] = [small.pop()!, large.pop()!]
    alias[less] = more
    keep[more]! -= 1 - keep[less]!
    ;(keep[more]! < 1 ? small : large).push(more)
  }
  // What is left is 1 but for rounding; the weightless never are, as somebody gave them an alias before.
  for (const index of [...small, ...large]) if (weights[index]! > 0) keep[index] = 1
  return {
    pick: (draws) => {
      const index = draws.below(count)
      return draws.unit() < keep[index]! ? index : alias[index]!
    },
  }
}
