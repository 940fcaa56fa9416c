import type { Origin } from './address-book.ts'

/** What is known of a peer when dials are planned. */
export interface PeerFacts {
  readonly peerId: string
  readonly origin: Origin
  readonly state: 'connected' | 'dialing' | 'idle'
  /** When it may be dialled, wall ms. */
  readonly nextDialAt: number
  /** When it was last connected, wall ms; 0: never. */
  readonly seen: number
  /** Whether we have reached it by an address of its own, and not only been called by it. */
  readonly isProven: boolean
}

/** Bounds of dialling. */
export interface DialBounds {
  /** Connected peers below which learned peers are dialled too. */
  readonly target: number
  /** Peers that are dialled at one time. */
  readonly dialsMax: number
}

/** gossipsub's mesh has at most 12 peers; 16 dials finish at 2 s a dead address in well under a minute for a full book. */
const dialBounds: DialBounds = Object.freeze({ target: 12, dialsMax: 16 })

/** What to do now, and why; and when to look again at the latest, wall ms. */
export interface Plan {
  readonly dials: readonly { readonly peerId: string; readonly reason: Reason }[]
  readonly wakeAt?: number
}

/** A kept peer is always wanted; a learned one only while too few are connected. */
type Reason = 'bootstrap' | 'added' | 'few-peers'

/**
 * Which peers to dial. `connected` counts all connected peers. The kept come first; of the learned those that we
 * reached before, then those seen last: after a restart these are the peers of the previous life.
 */
export function planDials(
  peers: readonly PeerFacts[],
  connected: number,
  now: number,
  given: Partial<DialBounds> = {},
): Plan {
  const bounds = { ...dialBounds, ...given }
  const idle = peers.filter(({ state }) => state === 'idle')
  const dialing = peers.filter(({ state }) => state === 'dialing').length
  const kept = idle.filter(({ origin }) => origin !== 'learned')
  const learned = idle.filter(({ origin }) => origin === 'learned').toSorted(byPromise)
  const isDue = ({ nextDialAt }: PeerFacts): boolean => nextDialAt <= now
  const dueKept = kept.filter(isDue).slice(0, Math.max(0, bounds.dialsMax - dialing))
  const places = bounds.dialsMax - dialing - dueKept.length
  const lacking = bounds.target - connected - dialing - dueKept.length
  const dueLearned = learned.filter(isDue).slice(0, Math.max(0, Math.min(places, lacking)))
  const dials = [...dueKept, ...dueLearned].map(({ peerId, origin }) => ({
    peerId,
    reason: origin === 'learned' ? ('few-peers' as const) : origin,
  }))
  // What is due and has no place waits for a dial to end, and that plans anew.
  const later = [...kept, ...(lacking > 0 ? learned : [])].filter((peer) => !isDue(peer))
  if (later.length === 0) return { dials }
  return { dials, wakeAt: later.reduce((first, { nextDialAt }) => Math.min(first, nextDialAt), Infinity) }
}

const byPromise = (a: PeerFacts, b: PeerFacts): number => Number(b.isProven) - Number(a.isProven) || b.seen - a.seen

/** First wait after a failed dial, and the most, in ms; the kept are worth more trouble than the learned. */
const waits = { kept: { first: 500, most: 30_000 }, learned: { first: 1_000, most: 300_000 } } as const

/** How long to wait after so many failures in a row (1 or more), in ms: doubles, ± half, so that nodes do not dial in step. `random` is from 0 to 1. */
export function retryWaitMs(failures: number, origin: Origin, random: number): number {
  const { first, most } = origin === 'learned' ? waits.learned : waits.kept
  return Math.min(most, first * 2 ** Math.min(failures - 1, 20)) * (0.5 + random)
}

/** How long to wait before dialling a peer whose connection has ended, in ms: both sides do, and one should be first. */
export const redialWaitMs = (random: number): number => 1_000 * random
