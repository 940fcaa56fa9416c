import { shortPeer } from '@grapevine/protocol'
import type { ProbeQuery, ProbeView, ReachView } from '@grapevine/protocol/control'
import type { Member } from '@grapevine/protocol/member'
import { judgeReach, type ProbeFinding, probeTargetsMax, type ReachRow } from '@grapevine/protocol/probe'
import type { Libp2p } from '@libp2p/interface'
import type { ClusterHost } from '../cluster/cluster-host.ts'
import { NodeError } from '../error.ts'
import { findPeer } from '../peer/find-peer.ts'
import { askToProbe } from './asker.ts'
import type { Prober } from './prober.ts'
import type { ReachApi } from './reach-api.ts'

/** What finding out who reaches whom needs. */
export interface ReachOptions {
  readonly host: Pick<ClusterHost, 'membership' | 'members' | 'isLinked'>
  readonly libp2p: Libp2p
  readonly prober: Pick<Prober, 'probe'>
}

const defaults = { ask: 5, timeout: 10_000 } as const
/** What others have less time for, in ms: their answers have a way to go. */
const wayMs = 1_000

/** What one node found, by peer id. */
interface Report {
  readonly from: string
  readonly findings: ReadonlyMap<string, ProbeFinding> | undefined
}

/** Who reaches whom, as this node and some others find it. */
export class Reach implements ReachApi {
  readonly #options: ReachOptions

  constructor(options: ReachOptions) {
    this.#options = options
  }

  async probe(query: ProbeQuery = {}, signal?: AbortSignal): Promise<ProbeView> {
    const { ask = defaults.ask, timeout = defaults.timeout } = query
    const { targets, left } = this.#targets(query.member ?? [])
    const askers = this.#askers(ask)
    const waitMs = timeout - wayMs / 2
    const [own, ...reports] = await Promise.all([
      this.#try(targets, timeout),
      ...askers.map((asker) => this.#ask(asker, targets, { waitMs, signal })),
    ])
    const rows = targets.map(({ peer }) => [own, ...reports].flatMap((report) => this.#row(report, peer)))
    const judged = judgeReach(
      targets.map(({ status, statusAt }, at) => ({
        rows: rows[at]!,
        isLeft: status === 'left',
        silentSince: status === 'suspect' || status === 'failed' ? statusAt : undefined,
      })),
    )
    const names = this.#names
    const members = targets.map(({ peer, status }, at): ReachView => {
      const name = names.get(peer)
      const findings = rows[at]!.map(({ from, finding }) => ({ from, ...finding }))
      return {
        peerId: peer,
        short: shortPeer(peer),
        ...(name !== undefined && { name }),
        status,
        ...judged[at]!,
        findings,
      }
    })
    return {
      askers: reports.map(({ from, findings }) => {
        const name = names.get(from)
        const answered = findings !== undefined
        return { peerId: from, short: shortPeer(from), ...(name !== undefined && { name }), answered }
      }),
      members: members.toSorted((a, b) => Number(isWell(a)) - Number(isWell(b))),
      left,
    }
  }

  get #self(): string {
    return this.#options.libp2p.peerId.toString()
  }

  get #names(): ReadonlyMap<string, string | undefined> {
    return new Map([...this.#options.host.members.named()].map(({ peerId, name }) => [peerId, name]))
  }

  #targets(wanted: readonly string[]): { readonly targets: readonly Member[]; readonly left: number } {
    const { membership, members } = this.#options.host
    if (wanted.length > probeTargetsMax)
      throw new NodeError('usage', `more than ${probeTargetsMax} members`, 'name some of them')
    if (wanted.length > 0) {
      const peers = new Set(wanted.map((text) => findPeer(text, members.named())))
      if (peers.has(this.#self)) throw new NodeError('usage', 'this node reaches itself')
      return { targets: [...peers].map((peer) => membership.member(peer) ?? unknown(peer)), left: 0 }
    }
    const others = [...membership.members()].filter(({ peer, status }) => peer !== this.#self && status !== 'left')
    const sorted = shuffled(others).toSorted((a, b) => Number(a.status === 'alive') - Number(b.status === 'alive'))
    return { targets: sorted.slice(0, probeTargetsMax), left: Math.max(0, sorted.length - probeTargetsMax) }
  }

  #askers(count: number): string[] {
    const { host } = this.#options
    const alive = [...host.membership.members()].filter(({ peer, status }) => status === 'alive' && host.isLinked(peer))
    return shuffled(alive)
      .slice(0, count)
      .map(({ peer }) => peer)
  }

  async #try(targets: readonly Member[], timeoutMs: number): Promise<Report> {
    const late = new Promise<ProbeFinding>((resolve) => {
      AbortSignal.timeout(timeoutMs).addEventListener('abort', () => resolve({ link: 'busy', door: 'untried' }))
    })
    const tried = targets.map(async ({ peer }) => {
      const finding = await Promise.race([this.#options.prober.probe(peer), late])
      return [peer, finding] as const
    })
    return { from: this.#self, findings: new Map(await Promise.all(tried)) }
  }

  async #ask(
    asker: string,
    targets: readonly Member[],
    { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal | undefined },
  ): Promise<Report> {
    const others = targets.filter(({ peer }) => peer !== asker)
    if (others.length === 0) return { from: asker, findings: new Map() }
    const ids = others.map(({ owner }) => owner.subarray(0, 16))
    try {
      const found = await askToProbe(this.#options.libp2p, asker, { targets: ids, waitMs, signal })
      return { from: asker, findings: new Map(others.map(({ peer }, at) => [peer, found[at]!])) }
    } catch {
      signal?.throwIfAborted()
      return { from: asker, findings: undefined }
    }
  }

  #row({ from, findings }: Report, peer: string): ReachRow[] {
    const finding = findings?.get(peer)
    return finding === undefined ? [] : [{ from, isSelf: from === this.#self, finding }]
  }
}

const isWell = ({ verdict }: ReachView): boolean => verdict === 'fine' || verdict === 'slow'

function unknown(peer: string): never {
  throw new NodeError('not-found', `no member is known as ${peer}`, 'see: grapevine member ls')
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
