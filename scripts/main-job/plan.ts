import type { RealBlock } from './block.ts'
import { encodeHeader, headerTopic } from './header-rule.ts'
import { displayOrder } from './hash.ts'
import type { BlockPart } from './relay-order.ts'
import { transactionTopic } from './transaction-rule.ts'

/**
 * Whose tickets each node joins by, nodes counted from 0. A square with a tail, so that messages take several hops (2 and
 * 5 are three apart), and come round a cycle, which makes copies.
 *
 *     1 --- 2
 *     |     |
 *     4 --- 3
 *     |
 *     5
 */
export const joins: readonly (readonly number[])[] = [[], [0], [1], [0, 2], [3]]

/** Pairs of nodes that are connected, the lower first. */
export const links: readonly (readonly [number, number])[] = joins.flatMap((to, node) =>
  to.map((other) => [other, node] as const),
)

/** How many nodes a node is connected to. */
export const neighboursOf = (node: number): number => links.filter((link) => link.includes(node)).length

/** What each node is to publish of the small messages; as many nodes as `joins` has. */
export const loadPerNode = 4_000

/** What each node publishes of the block: together all of it. Nodes 2 and 5 have nine transactions in common. */
export function sharesOf(block: RealBlock): readonly (readonly BlockPart[])[] {
  const txids = block.transactions.map(({ txid }) => displayOrder(txid))
  const header: BlockPart = { topic: headerTopic, payload: encodeHeader({ header: block.header, txids }) }
  const parts = block.transactions.map(({ raw }): BlockPart => ({ topic: transactionTopic, payload: raw }))
  const common = parts.slice(1, 10)
  return [
    [header, ...parts.slice(0, 1)],
    common,
    parts.slice(10, 15),
    parts.slice(15, 20),
    [...common, ...parts.slice(20)],
  ]
}
