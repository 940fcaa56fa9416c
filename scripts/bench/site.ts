import { setTimeout as sleep } from 'node:timers/promises'
import { Member } from './member.ts'

/** Neighbours of each node beside those in a ring of as many nodes as there are: every distance up to this. */
const reach = 3
const meshMsMax = 60_000
/** Who subscribes is known a moment later; who joins then grafts everybody. */
const settleMs = 100
/** From four peers on gossipsub leaves a mesh alone: a neighbour that was missed is missed for good, and nobody's fault. */
const enough = { peers: 4, afterMs: 3_000 }
const pollMs = 50

/**
 * Starts processes of one system and connects them: two to each other, ten so that each has six neighbours, which is what
 * gossipsub's default D asks for. Resolves once all are in each other's mesh.
 */
export async function openSite(count: number, commandOf: (index: number) => readonly string[]): Promise<Site> {
  const starts = await Promise.allSettled(Array.from({ length: count }, (_, index) => Member.start(commandOf(index))))
  const members = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  const site = new Site(members)
  try {
    for (const start of starts) if (start.status === 'rejected') throw start.reason
    await connect(members)
    return site
  } catch (error) {
    await site.close()
    throw error
  }
}

/** Processes that are connected. */
export class Site {
  readonly members: readonly Member[]

  constructor(members: readonly Member[]) {
    this.members = members
  }

  get publisher(): Member {
    return this.members[0]!
  }

  get receivers(): readonly Member[] {
    return this.members.slice(1)
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()))
  }
}

/** Pairs of indexes, each once. */
function edges(count: number): [number, number][] {
  const pairs: [number, number][] = []
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) if (b - a <= reach || a + count - b <= reach) pairs.push([a, b])
  }
  return pairs
}

async function connect(members: readonly Member[]): Promise<void> {
  const pairs = edges(members.length)
  for (const [from, to] of pairs) await members[from]!.dial(members[to]!.address)
  // One after the other, each after the one before stands: who joins grafts everybody it knows to be there.
  for (const [index, member] of members.entries()) {
    await sleep(settleMs)
    await member.join()
    const neighbours = pairs.filter((pair) => pair.includes(index) && pair.every((at) => at <= index)).length
    await untilPeers(member, neighbours)
  }
  for (const [index, member] of members.entries()) {
    await untilPeers(member, pairs.filter((pair) => pair.includes(index)).length)
  }
}

async function untilPeers(member: Member, count: number): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const { peers } = await member.status()
    const waitedMs = performance.now() - startedAt
    if (peers >= count || (peers >= enough.peers && waitedMs > enough.afterMs)) return
    if (waitedMs > meshMsMax) throw new Error(`${peers} of ${count} peers in the mesh after ${meshMsMax} ms`)
    await sleep(pollMs)
  }
}
