import type { WhyView } from '@grapevine/protocol/control'
import { NodeError } from '../error.ts'
import type { Fleet } from './fleet.ts'
import type { FleetNode } from './fleet-node.ts'

/** The first copy of a message at a node. */
export interface Arrival {
  readonly node: number
  /** Since the author sent the first copy, in ms. */
  readonly afterMs: number
  /** Of a copy that gossip brought: how long the last hop took, from the send to the arrival, in ms. */
  readonly hop?: { readonly from: number; readonly ms: number }
  /** Copies beyond the first. */
  readonly copies: number
}

/** The way of a message through a fleet, from the journals of all nodes. They share one clock; times are in whole ms. */
export interface Passage {
  readonly id: string
  readonly author: number
  /** Since the author accepted it until it sent the first copy: signature and disk. */
  readonly readyMs: number
  /** Copies that it sent. */
  readonly sent: number
  /** One for each other node that has it, in their order. */
  readonly arrivals: readonly Arrival[]
}

/** Asks the nodes that are up what became of a message. Error `not-found` if its author has sent it to nobody. */
export async function passageOf(fleet: Fleet, id: string, author: number): Promise<Passage> {
  const journals = await Promise.all(fleet.nodes.map((node) => journalOf(node, id)))
  const own = journals[author]?.steps ?? []
  const sends = own.filter(({ what }) => what === 'sent').map(({ at }) => Date.parse(at))
  const sentAt = Math.min(...sends)
  if (sends.length === 0) throw new NodeError('not-found', `node ${author} has sent ${id} to nobody`)
  const numberOf = new Map(fleet.nodes.map(({ peerId, index }) => [peerId, index]))
  const arrivals = journals.flatMap((journal, node): Arrival[] => {
    const first = journal?.steps.find(({ what }) => what === 'received' || what === 'fetched')
    if (journal === undefined || first === undefined || node === author) return []
    const from = first.what === 'received' ? numberOf.get(first.peer ?? '') : undefined
    const left = from === undefined ? undefined : sendOf(journals[from], fleet.nodes[node]!.peerId)
    const at = Date.parse(first.at)
    const hop = from === undefined || left === undefined ? {} : { hop: { from, ms: at - left } }
    return [{ node, afterMs: at - sentAt, copies: journal.copies, ...hop }]
  })
  const publishedAt = Date.parse(own.find(({ what }) => what === 'published')?.at ?? '')
  return { id, author, readyMs: sentAt - publishedAt, sent: sends.length, arrivals }
}

async function journalOf({ isUp, client }: FleetNode, id: string): Promise<WhyView | undefined> {
  if (!isUp) return undefined
  try {
    return await client.call('why', { id })
  } catch (error) {
    if (error instanceof NodeError && error.code === 'not-found') return undefined
    throw error
  }
}

/** When a node sent it to a peer first. */
function sendOf(journal: WhyView | undefined, to: string): number | undefined {
  const step = journal?.steps.find(({ what, peer }) => what === 'sent' && peer === to)
  return step && Date.parse(step.at)
}
