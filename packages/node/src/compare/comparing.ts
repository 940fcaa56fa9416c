import { setTimeout as delay } from 'node:timers/promises'
import { isContentTopic, shortPeer, toHex } from '@grapevine/protocol'
import type { ComparisonView, PeerView, SessionReport, TopicSyncView, TopicVerifyView } from '@grapevine/protocol'
import type { CompareApi, CompareOptions, PeerApi, SyncOptions } from '../api.ts'
import type { Engine } from '../engine.ts'
import { NodeError } from '../error.ts'
import type { HeldTopic } from '../topic/table.ts'
import type { Compared, Comparisons } from './comparisons.ts'
import { type NamedPeer, stateOf, viewLack, viewName, viewRange, viewReport } from './view.ts'

/** What comparing needs of its node. */
export interface ComparingParts {
  readonly self: string
  readonly engine: Pick<Engine, 'comparisons' | 'memory' | 'subscribers' | 'views'>
  readonly peering: Pick<PeerApi, 'show' | 'connect'> & { list(all: boolean): readonly PeerView[] }
  /** Whether a connected peer is known not to speak reconciliation. */
  readonly isForeign: (peerId: string) => Promise<boolean>
}

/** Author times in µs, the first included, the second not. */
interface Range {
  readonly floor: number
  readonly end: number
}

/** What one peer said. */
interface Answer {
  readonly peer: NamedPeer
  readonly report?: SessionReport
  /** Instead of a report. */
  readonly view?: ComparisonView
}

const timeoutMsDefault = 30_000
/** A peer that is busy, or with which a session broke off, is asked again after this long. */
const againMs = 300
/** Ends that say nothing of the peer: a link that breaks, as it does when a partition has just healed, is dialled anew. */
const passing: ReadonlySet<Compared['reason']> = new Set(['busy', 'closed', 'peer-closed'])
/** A peer that is gone for this long does not come back at once: it cannot be reached. */
const goneMsMax = 5_000
/** What is younger may still be on its way: it is not compared. In µs. */
const settledUs = 10_000_000
/** Keys of topics with content ids have no time, so that what is on its way shows as missing: it gets this long, and often. */
const [settleMs, settleTries] = [1_000, 3]

/** Compares the stores of peers with that of this node, for people who ask. */
export class Comparing implements CompareApi {
  readonly #parts: ComparingParts

  constructor(parts: ComparingParts) {
    this.#parts = parts
  }

  async verify(topic: string, peers: readonly string[], options: CompareOptions = {}): Promise<TopicVerifyView> {
    const { self, engine } = this.#parts
    const held = this.#kept(topic)
    const signal = deadline(options)
    const isTimeless = isContentTopic(held.rules)
    const all: Range = isTimeless
      ? { floor: 0, end: Number.MAX_SAFE_INTEGER }
      : { floor: 0, end: Date.now() * 1000 - settledUs }
    const who = peers.length > 0 ? await this.#named(peers, signal) : this.#everyone(topic)
    const first = await Promise.all(who.map((peer) => this.#ask(topic, peer, all, signal)))
    const common = commonRange(first, all)
    // Only who keeps more than the others, or has another clock, is asked twice.
    const answers = await Promise.all(
      first.map(async (answer) => {
        if (answer.report === undefined || isOver(answer.report, common)) return answer
        return this.#ask(topic, answer.peer, common, signal)
      }),
    )
    if (isTimeless) await this.#settle(topic, answers, common, signal)
    const own = engine.memory.summary(topic, common.floor, common.end)
    const views = answers.map(({ peer, report, view }) => view ?? viewReport(peer, report!))
    return {
      topic,
      result: resultOf(views),
      range: viewRange(isTimeless ? 0 : own.from, common.end),
      self: { peerId: self, short: shortPeer(self), count: own.count, root: toHex(own.sum), refused: own.refused },
      peers: views,
    }
  }

  async sync(topic: string, peer: string, options: SyncOptions = {}): Promise<TopicSyncView> {
    this.#kept(topic)
    const signal = deadline(options)
    const { dryRun = false } = options
    const { peerId } = await this.#parts.peering.connect(peer, { signal })
    let [came, refused, went] = [0, 0, 0]
    let begun: SessionReport | undefined
    for (;;) {
      const { fetched, refused: inVain, report } = await this.#session(topic, peerId, dryRun, signal)
      begun ??= report
      if (!dryRun) {
        came += fetched - inVain
        refused += inVain
        went += report.lackedByPeer.missing
      }
      // What one session does not take the next one does, as long as there is something to it.
      const isMore = !dryRun && !report.complete && fetched + report.lackedByPeer.missing > 0
      if (isMore) continue
      const head = { topic, peerId, short: shortPeer(peerId), dryRun, range: viewRange(begun.from, begun.end) }
      const lacks = { lackedHere: viewLack(begun.lackedByUs), lackedThere: viewLack(begun.lackedByPeer) }
      return { ...head, ...lacks, came, refused, went, complete: report.complete }
    }
  }

  /** A session that ran to its end. Errors `timeout`, `not-held`, `unreachable`. */
  async #session(
    topic: string,
    peer: string,
    dryRun: boolean,
    signal: AbortSignal,
  ): Promise<Compared & { readonly report: SessionReport }> {
    const compared = await this.#compare({ topic, peer, mode: dryRun ? 'verify' : 'sync' }, signal)
    const short = shortPeer(peer)
    if (compared === undefined) throw new NodeError('timeout', `${short} did not answer in time`)
    const { reason, report } = compared
    if (reason === 'done' && report !== undefined) return { ...compared, report }
    if (await this.#parts.isForeign(peer)) throw new NodeError('unreachable', `${short} does not speak reconciliation`)
    const { state, detail } = stateOf(reason)
    const hint = reason === 'other-definition' ? `compare what both say to: grapevine topic show ${topic}` : undefined
    throw new NodeError(state === 'not-held' ? 'not-held' : 'unreachable', `${short}: ${detail}`, hint)
  }

  /** A peer is asked until it answers, or refuses to; or is gone. */
  async #compare(wanted: Parameters<Comparisons['compare']>[0], signal: AbortSignal): Promise<Compared | undefined> {
    let last: Compared | undefined
    let thereAt = performance.now()
    while (!signal.aborted) {
      const compared = await this.#parts.engine.comparisons.compare(wanted, signal)
      last = compared ?? last
      if (compared === undefined || !passing.has(compared.reason)) return last
      if (await this.#parts.isForeign(wanted.peer)) return last
      if (this.#isConnected(wanted.peer)) thereAt = performance.now()
      else if (performance.now() - thereAt > goneMsMax) return last
      await delay(againMs, undefined, { signal }).catch(() => undefined)
    }
    return last
  }

  #isConnected(peerId: string): boolean {
    return this.#parts.peering.list(false).some((peer) => peer.peerId === peerId && peer.state === 'connected')
  }

  async #ask(topic: string, who: NamedPeer | Answer, range: Range, signal: AbortSignal): Promise<Answer> {
    if ('peer' in who) return who
    const compared = await this.#compare({ topic, peer: who.peerId, mode: 'verify', ...range }, signal)
    if (compared?.report !== undefined && compared.reason === 'done') return { peer: who, report: compared.report }
    if (!this.#isConnected(who.peerId)) return unreachable(who, 'its connection ended')
    const told =
      compared === undefined
        ? ({ state: 'no-answer', detail: 'it said nothing in time' } as const)
        : (await this.#parts.isForeign(who.peerId))
          ? ({ state: 'unsupported', detail: 'it does not speak reconciliation' } as const)
          : stateOf(compared.reason)
    return { peer: who, view: { ...viewName(who), ...told } }
  }

  /** Asks those that differ again, since what is on its way looks like that. */
  async #settle(topic: string, answers: Answer[], range: Range, signal: AbortSignal): Promise<void> {
    for (let left = settleTries; left > 0 && answers.some(({ report }) => report?.equal === false); left--) {
      await delay(settleMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      for (const [at, { peer, report }] of answers.entries()) {
        if (report?.equal === false) answers[at] = await this.#ask(topic, peer, range, signal)
      }
    }
  }

  /** Connected peers that subscribe to it; peers that are kept, and cannot be reached, have their answer already. */
  #everyone(topic: string): readonly (NamedPeer | Answer)[] {
    const { peering, engine } = this.#parts
    const ids = new Set(engine.subscribers(topic))
    const known = peering.list(true)
    const connected = known.filter(({ peerId }) => ids.has(peerId))
    const away = known.filter(
      ({ state, origin }) => state !== 'connected' && (origin === 'bootstrap' || origin === 'added'),
    )
    return [...connected, ...away.map((peer): Answer => unreachable(peer, 'it is not connected'))]
  }

  /** The peers that somebody named, connected where that can be. Errors for names that mean nobody: `usage`, `not-found`. */
  #named(names: readonly string[], signal: AbortSignal): Promise<(NamedPeer | Answer)[]> {
    const { peering } = this.#parts
    return Promise.all(
      names.map(async (name) => {
        const peer = peering.show(name)
        try {
          return await peering.connect(peer.peerId, { signal })
        } catch (error) {
          if (!(error instanceof NodeError)) throw error
          return unreachable(peer, error.message)
        }
      }),
    )
  }

  /** A topic that has a store. Errors `not-held`, `usage`. */
  #kept(topic: string): HeldTopic {
    const held = this.#parts.engine.views.held(topic)
    if (held.rules.delivery === 'lossless') return held
    throw new NodeError('usage', `topic ${topic} is best-effort: nothing of it is kept, so there is nothing to compare`)
  }
}

const unreachable = (peer: NamedPeer, detail: string): Answer => ({
  peer,
  view: { ...viewName(peer), state: 'unreachable', detail },
})

const deadline = ({ timeoutMs = timeoutMsDefault, signal }: CompareOptions): AbortSignal =>
  AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])])

/** What all that answered keep. */
function commonRange(answers: readonly Answer[], all: Range): Range {
  const reports = answers.flatMap(({ report }) => report ?? [])
  return {
    floor: Math.max(all.floor, ...reports.map(({ from }) => from)),
    end: Math.min(all.end, ...reports.map(({ end }) => end)),
  }
}

const isOver = ({ from, end }: SessionReport, range: Range): boolean => from === range.floor && end === range.end

function resultOf(views: readonly ComparisonView[]): TopicVerifyView['result'] {
  const states = new Set(views.map(({ state }) => state))
  if (states.has('differs') || states.has('refused')) return 'differs'
  return states.has('equal') && !states.has('no-answer') ? 'equal' : 'unanswered'
}
