import { SimError } from '../error.ts'
import type { Rng } from '../rng.ts'
import type { NodeGroup } from './scenario-file.ts'

/** The nodes that a selection is made from. */
export interface NodeNames {
  readonly nodes: number
  readonly groups: readonly NodeGroup[]
}

/**
 * Numbers of the nodes that a text names, in rising order: `all`, `n3`, `n0..n9`, the name of a group, `random:5` or
 * `random:20%` of those for which `isEligible`; several with commas between them. Throws `scenario-conflict` with the given
 * path for a node or group that there is not, and for `random` without a generator.
 */
export function selectNodes(
  text: string,
  names: NodeNames,
  path: string,
  { rng, isEligible = () => true }: { rng?: Rng; isEligible?: (node: number) => boolean } = {},
): number[] {
  const chosen = new Set<number>()
  for (const part of text.split(','))
    for (const node of partOf(part, names, path, { rng, isEligible })) chosen.add(node)
  return [...chosen].toSorted((a, b) => a - b)
}

/** The first node of each group and the one after its last. */
export function groupRanges({ nodes, groups }: NodeNames): readonly { readonly first: number; readonly end: number }[] {
  let share = 0
  return groups.map((group) => {
    const first = Math.round(share * nodes)
    share += group.share
    return { first, end: Math.min(nodes, Math.round(share * nodes)) }
  })
}

function partOf(
  part: string,
  names: NodeNames,
  path: string,
  { rng, isEligible }: { rng: Rng | undefined; isEligible: (node: number) => boolean },
): number[] {
  const { nodes, groups } = names
  const range = (first: number, end: number): number[] =>
    Array.from({ length: end - first }, (_, index) => first + index)
  if (part === 'all') return range(0, nodes)
  const [, first, last = first] = /^n(\d{1,6})(?:\.\.n(\d{1,6}))?$/.exec(part) ?? []
  if (first !== undefined) {
    const [from, to] = [Number(first), Number(last)]
    if (from <= to && to < nodes) return range(from, to + 1)
    throw new SimError('scenario-conflict', path, `there is no ${part}: the nodes are n0 to n${nodes - 1}`)
  }
  const [, amount, percent] = /^random:(\d{1,6})(%?)$/.exec(part) ?? []
  if (amount !== undefined) {
    if (rng === undefined) throw new SimError('scenario-conflict', path, `nodes must be named here, not ${part}`)
    const eligible = range(0, nodes).filter(isEligible)
    const count = percent === '%' ? Math.round((eligible.length * Number(amount)) / 100) : Number(amount)
    return rng.shuffle(eligible).slice(0, count)
  }
  const index = groups.findIndex(({ name }) => name === part)
  if (index >= 0) {
    const { first: from, end } = groupRanges(names)[index]!
    return range(from, end)
  }
  const known = groups.map(({ name }) => name).join(', ')
  throw new SimError('scenario-conflict', path, `no node or group is called ${part}; groups: ${known || 'none'}`)
}
