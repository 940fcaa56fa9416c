import type { RealBlock } from './block.ts'
import { headerId, headerTopic } from './header-rule.ts'
import type { Witness } from './path.ts'
import { joins, loadPerNode, sharesOf } from './plan.ts'
import type { Progress } from './progress.ts'
import type { RelayNetwork } from './relay-network.ts'
import type { BlockPart, LoadPublished, NodeReport, PartsPublished } from './relay-order.ts'
import type { Expected, Tally } from './tally.ts'
import { transactionId } from './transaction-rule.ts'

/** What a complete run showed; one entry for each node, in their order. */
export interface Outcome {
  /** Counts of each node after the block, and at the end. */
  readonly afterBlock: readonly NodeReport[]
  readonly afterLoad: readonly NodeReport[]
  readonly parts: readonly PartsPublished[]
  readonly load: readonly LoadPublished[]
  /** SHA-256 over the sorted ids of the small messages that a node has, hex. */
  readonly digests: readonly string[]
  /** A transaction that the last node alone published, hex, and what every node's journal says of it. */
  readonly txid: string
  readonly witnesses: readonly Witness[]
}

/** What has to arrive everywhere when the block and the small messages are published. */
export const expectedOf = (block: RealBlock): Expected => ({
  nodes: joins.length,
  block: new Set(sharesOf(block).flat().map(idOf)),
  hash: block.hash,
  load: joins.length * loadPerNode,
})

/** Runs the job on a new network. Never resolves if something does not arrive: the caller sets the limit. */
export async function relay(options: {
  readonly network: RelayNetwork
  readonly tally: Tally
  readonly block: RealBlock
  readonly progress: Progress
}): Promise<Outcome> {
  const { network, tally, block, progress } = options
  const { nodes, load: total } = tally.expected
  const of = (count: number, most: number): string => `${count.toLocaleString('en')} of ${most.toLocaleString('en')}`

  await progress.step(`starting ${nodes} nodes`, (tell) => network.start((count) => tell(of(count, nodes))))
  await progress.step('connecting them', (tell) => network.connected((count) => tell(of(count, nodes))))
  const shares = sharesOf(block)
  const parts = await progress.step('relaying the block', async (tell) => {
    const published = network.all((process, node) => process.ask('publish', { parts: shares[node]! }))
    const arrived = tally.until(
      () => tally.isBlockComplete,
      () => tell(of(tally.delivered, tally.deliveredMax)),
    )
    return (await Promise.all([published, arrived]))[0]
  })
  const afterBlock = await settledReports(network)
  const load = await progress.step(`relaying ${total.toLocaleString('en')} small messages`, async (tell) => {
    const published = network.all((process) => process.ask('load', { count: loadPerNode, total }))
    const arrived = tally.until(
      () => tally.isLoadComplete,
      () => tell(of(tally.loaded, nodes * total)),
    )
    return (await Promise.all([published, arrived]))[0]
  })
  const afterLoad = await settledReports(network)
  const digests = await network.all((process) => process.ask('digest'))
  const txid = idOf(shares.at(-1)!.at(-1)!)
  const witnesses = await network.all(async (process, node) => ({
    name: process.name,
    peerId: network.peerIds[node]!,
    why: await process.ask('why', { id: txid }),
  }))
  return { afterBlock, afterLoad, parts, load, digests, txid, witnesses }
}

/** Every node's counts once two in a row are equal: copies may still arrive when each message has. */
async function settledReports(network: RelayNetwork): Promise<readonly NodeReport[]> {
  const countsOf = (reports: readonly NodeReport[]): string =>
    JSON.stringify(reports.map(({ counters: { verdicts, copies } }) => [verdicts, copies]))
  let before: readonly NodeReport[] = []
  for (;;) {
    const reports = await network.all((process) => process.ask('report'))
    if (countsOf(reports) === countsOf(before)) return reports
    before = reports
  }
}

const idOf = ({ topic, payload }: BlockPart): string =>
  Buffer.from(topic === headerTopic ? headerId(payload) : transactionId(payload)).toString('hex')
