import { isBreach, isLasting, type Action, type Decision } from '@grapevine/protocol'
import type { Counters } from './counters.ts'
import type { Gossip } from './gossip/gossip.ts'
import type { Log } from './log/log.ts'
import { Conduct } from './peer/conduct.ts'
import { tellOfComparison } from './reconcile/comparison-log.ts'
import type { TopicViews } from './topic-views.ts'

/** Where outcomes are told. */
export interface OutcomesOptions {
  readonly counters: Counters
  readonly gossip: Gossip
  readonly log: Log
  readonly views: Pick<TopicViews, 'isAlike'>
  /** A wire topic that is no user's: of it counters tell only what is wrong. */
  readonly quietTopic: string
  /** A peer keeps sending what has to be rejected. */
  readonly onMisconduct: (peer: string) => void
}

/** What became of what peers sent: counted, told to gossip, and held against those who are answerable for it. */
export class Outcomes {
  readonly #options: OutcomesOptions
  readonly #conduct = new Conduct()

  constructor(options: OutcomesOptions) {
    this.#options = options
  }

  /** A verdict on what gossip brought. */
  decided({ topic, gossipId, from, decision }: Action & { type: 'verdict' }): void {
    const { counters, gossip, quietTopic } = this.#options
    const { verdict, reason } = decision
    // Counters are about messages of users.
    const isQuiet = topic === quietTopic && (reason === 'valid' || reason === 'duplicate')
    if (!isQuiet) counters.decided(decision)
    this.#blame(decision, from)
    gossip.verdict(gossipId, from, verdict === 'accept' || verdict === 'reject' ? verdict : 'ignore')
  }

  /** A verdict on what was put off: gossip was told to ignore it. */
  settled({ topic, gossipId, from, decision, via, bytes }: Action & { type: 'settled' }): void {
    this.#options.counters.decided(decision)
    if (via === 'live' || !isLasting(decision.reason)) this.#blame(decision, from)
    if (bytes !== undefined) this.#options.gossip.forward(topic, gossipId, bytes, from)
  }

  /** A verdict on what a session of reconciliation brought. A store may hold in good faith what only our rules refuse. */
  ingested({ decision, from }: Action & { type: 'ingested' }): void {
    this.#options.counters.decided(decision)
    if (!isLasting(decision.reason)) this.#blame(decision, from)
  }

  /** The end of a session of reconciliation. */
  compared(action: Action & { type: 'compared' }): void {
    const { log, views } = this.#options
    const { reason, topic, peer } = action
    // Who says that it goes by our definition has no excuse.
    const isLie = reason === 'other-definition' && views.isAlike(topic, peer)
    const told = isLie ? { ...action, reason: 'unrequested' as const } : action
    if (isBreach(told.reason)) this.misbehaved(peer)
    tellOfComparison(log.part('reconcile'), told)
  }

  /** A peer sent what only it is answerable for. */
  misbehaved(peer: string): void {
    if (this.#conduct.rejected(peer, performance.now())) this.#options.onMisconduct(peer)
  }

  #blame({ verdict }: Decision, from: string): void {
    if (verdict === 'reject') this.misbehaved(from)
  }
}
