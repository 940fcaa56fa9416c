import { argumentError } from '../error.ts'
import { randomFrom } from '../catchup/random.ts'
import type { Millis, PeerId, Ref } from '../event.ts'
import { type Sha256, sha256 } from '../id.ts'
import { peerIdFromKey } from '../peer-id.ts'
import { equalBytes } from '../bytes.ts'
import { answerTo, openingOf } from './answer.ts'
import { decodeStateFrame } from './frame-decode.ts'
import { encodeStateFrame } from './frame-encode.ts'
import type { ExchangeFrame } from './frame.ts'
import { Intake } from './intake.ts'
import { stateLimits, type StateLimits } from './limits.ts'
import { changesBetween } from './change.ts'
import { OwnMap } from './own-map.ts'
import { lifePrefix } from './prefix.ts'
import { entryOf, type OwnerState } from './owner-state.ts'
import { type OwnerRow, OwnerTable } from './owner-table.ts'
import { PeerBudget } from './peer-budget.ts'
import type { StateAction, StateEvent } from './replica-event.ts'
import { type RoundOptions, roundOptions, Rounds } from './rounds.ts'
import type { Contribution } from './shared/contribution.ts'

/** Options of a {@link Replica}. */
export interface ReplicaOptions {
  /** 32 bytes; part of what is signed. */
  readonly networkId: Uint8Array
  /** Our Ed25519 public key, 32 bytes. */
  readonly owner: Uint8Array
  /** This life of the node, 1 to 2^48 − 1; larger than any before. */
  readonly epoch: number
  /** A random 32-bit word, fresh in each life. */
  readonly seed: number
  /** The clock at the start. Default 0. */
  readonly now?: Millis
  readonly limits?: Partial<StateLimits>
  readonly rounds?: Partial<RoundOptions>
  /** A faster SHA-256 than the built-in one, if the host has it. */
  readonly sha256?: Sha256
  /** What peers call an owner. Default: the peer id of its key. */
  readonly peerOf?: (owner: Uint8Array) => PeerId
  /** Keys whose changes are not worth rounds out of turn. Default: none. */
  readonly quietKeys?: readonly string[]
  /** One object for equal states, so that replicas in one process do not keep a copy each. Default: the state itself. */
  readonly share?: (state: OwnerState) => OwnerState
  /** Where we are on the map of round trips, to be told to those that open exchanges. Default: not told. */
  readonly place?: () => Uint8Array
}

/** An exchange that is not answered by then is given up, in ms. */
const exchangeMs = 2000
/** An opening and an answer of more bytes than this together may take more than one way there and back: 10 packets are sent at once (RFC 6928). */
const roundTripBytesMax = 12_000

/** An exchange that we have opened. */
interface OpenExchange {
  readonly exchange: number
  readonly at: Millis
  readonly bytes: number
  /** It went out at once. */
  isPrompt: boolean
}

/**
 * State that every node has of every node, kept equal by rounds of gossip (docs/state.md). Does no I/O and reads no clock.
 * Total: no frame makes it throw, and one event causes a bounded number of actions.
 */
export class Replica {
  readonly #options: ReplicaOptions
  readonly #limits: StateLimits
  readonly #hash: Sha256
  readonly #random: () => number
  readonly #table: OwnerTable
  readonly #own: OwnMap
  readonly #intake: Intake
  readonly #rounds: Rounds
  readonly #budget = new PeerBudget()
  readonly #open = new Map<PeerId, OpenExchange>()
  #actions: StateAction[] = []
  #ref = 0
  #exchange: number
  #now: Millis

  /** Throws `argument` for a network id, owner or epoch out of its range. */
  constructor(options: ReplicaOptions) {
    const { networkId, owner, epoch, seed, now = 0 } = options
    if (networkId.length !== 32) throw argumentError('networkId', '32 bytes', `${networkId.length} bytes`)
    if (owner.length !== 32) throw argumentError('owner', '32 bytes', `${owner.length} bytes`)
    this.#options = options
    this.#now = now
    this.#limits = { ...stateLimits, ...options.limits }
    this.#hash = options.sha256 ?? sha256
    this.#random = randomFrom(seed)
    this.#exchange = Math.floor(this.#random() * 2 ** 31)
    this.#table = new OwnerTable(this.#limits)
    this.#rounds = new Rounds({ ...roundOptions, ...options.rounds }, this.#random, now)
    const nextRef = (): Ref => ++this.#ref
    const emit = (action: StateAction): void => void this.#actions.push(action)
    const shared = { limits: this.#limits, networkId, hash: this.#hash, nextRef, emit }
    const peerOf = options.peerOf ?? peerIdFromKey
    this.#own = new OwnMap({ ...shared, owner, epoch, shown: (state, at) => this.#showOwn(state, at) })
    const shown = (row: OwnerRow, before: OwnerState | undefined, at: Millis): void => this.#changed(row, before, at)
    this.#intake = new Intake({
      ...shared,
      table: this.#table,
      self: owner,
      epoch,
      peerOf,
      share: options.share,
      shown,
    })
  }

  /** When the host must next deliver `tick`; undefined: not before something else happens. */
  get nextWakeup(): Millis | undefined {
    let next = this.#rounds.nextAt
    for (const { at } of this.#open.values()) next = Math.min(next ?? Infinity, at + exchangeMs)
    return next
  }

  /** Takes what happened, at a time that never goes back. Throws only for a wrong argument of the caller. */
  handle(event: StateEvent, now: Millis): readonly StateAction[] {
    if (now < this.#now) throw argumentError('now', `at least ${this.#now}`, now)
    this.#now = now
    this.#actions = []
    this.#handle(event, now)
    return this.#actions
  }

  /** Our own value of a key, signed or not; a view. */
  get(key: string): Uint8Array | undefined {
    return this.#own.get(key)
  }

  /** What an owner says, or undefined if nothing of it is known. Shared and never changed. */
  stateOf(owner: Uint8Array): OwnerState | undefined {
    return this.#table.row(owner)?.state
  }

  /** All owners of which something is known, ourselves included, in no order. */
  *owners(): IterableIterator<{ readonly peer: PeerId; readonly state: OwnerState; readonly changedAt: Millis }> {
    for (const { peer, state, changedAt } of this.#table.rows())
      if (state !== undefined) yield { peer, state, changedAt }
  }

  /**
   * What every owner has under a key, ourselves first, and with what is not signed yet: what shared keys are read from, and
   * written over. Others in no order. Cost: all owners.
   */
  *each(key: string): IterableIterator<Contribution> {
    const { owner: self, epoch } = this.#options
    const own = this.get(key)
    if (own !== undefined) yield { owner: self, epoch, value: own }
    for (const { owner, state } of this.#table.rows()) {
      const value = equalBytes(owner, self) ? undefined : entryOf(state, key)?.value
      if (value !== undefined) yield { owner, epoch: state!.head.epoch, value }
    }
  }

  /** Owners, and the bytes that they take. */
  get size(): { readonly owners: number; readonly bytes: number } {
    return { owners: this.#table.size, bytes: this.#table.bytes }
  }

  /** Two words over all that is known: equal in two replicas that hold the same. */
  get fingerprint(): readonly [number, number] {
    const [high, low] = this.#table.fingerprints(1)
    return [high!, low!]
  }

  #handle(event: StateEvent, now: Millis): void {
    switch (event.type) {
      case 'tick':
        return this.#tick(now)
      case 'set':
        return this.#own.write([event], now)
      case 'remove':
        return this.#own.write([{ key: event.key, value: undefined, time: event.time }], now)
      case 'write':
        return this.#own.write(
          event.writes.map((write) => ({ ...write, time: event.time })),
          now,
        )
      case 'contacts':
        return this.#rounds.contacts(event.live, event.dead, event.seeds)
      case 'exchange':
        for (const peer of event.peers) this.#openWith(peer, now)
        return
      case 'delayed': {
        const open = this.#open.get(event.peer)
        if (open !== undefined) open.isPrompt = false
        return
      }
      case 'frame':
        return this.#frame(event.peer, event.bytes, now)
      case 'signed':
        return this.#own.signed(event.ref, event.signature, now)
      case 'verified':
        return this.#intake.verified(event.ref, event.valid, now)
      case 'restore':
        for (const state of event.states) this.#restore(state, now)
        return
      case 'forget':
        break
    }
    const row = this.#table.row(event.owner)
    if (row !== undefined && !equalBytes(row.owner, this.#options.owner)) this.#table.forget(row, now, event.ms)
  }

  #tick(now: Millis): void {
    for (const [peer, { at }] of this.#open) if (now >= at + exchangeMs) this.#close(peer, { isAnswered: false })
    this.#budget.tidy(now)
    this.#table.tidy(now)
    this.#own.tick(now)
    if (now < (this.#rounds.nextAt ?? Infinity)) return
    for (const peer of this.#rounds.partners(now)) {
      // One at a time with a peer: its answer may be on its way.
      if (!this.#open.has(peer)) this.#openWith(peer, now)
    }
  }

  #openWith(peer: PeerId, now: Millis): void {
    const exchange = this.#nextExchange()
    const bytes = this.#send(peer, openingOf(this.#context, exchange))
    this.#open.set(peer, { exchange, at: now, bytes, isPrompt: true })
  }

  #frame(peer: PeerId, bytes: Uint8Array, now: Millis): void {
    const frame = decodeStateFrame(bytes)
    if (frame === undefined) return void this.#actions.push({ type: 'blame', peer, fault: 'bad-encoding' })
    if (frame.type === 'beat') return void this.#actions.push({ type: 'beat', peer, epoch: frame.epoch })
    if (!this.#budget.take(peer, now)) return
    if (frame.step === 2 && !this.#answered(peer, frame, bytes.length, now)) return
    for (const delta of frame.deltas) this.#intake.take(delta, peer, now)
    if (frame.deltas.some(({ isCut }) => isCut)) this.#rounds.heat(now)
    const answer = answerTo(frame, this.#context)
    if (answer === undefined) return
    const { place } = this.#options
    this.#send(peer, frame.step === 1 && place !== undefined ? { ...answer, place: place() } : answer)
  }

  /** False if nobody asked. */
  #answered(peer: PeerId, { exchange, place }: ExchangeFrame, bytes: number, now: Millis): boolean {
    const open = this.#open.get(peer)
    if (open?.exchange !== exchange) return false
    const isQuick = open.isPrompt && open.bytes + bytes <= roundTripBytesMax
    this.#close(peer, {
      isAnswered: true,
      ...(isQuick && { roundTripMs: now - open.at }),
      ...(place !== undefined && { place: place.slice() }),
    })
    return true
  }

  #restore(state: OwnerState, now: Millis): void {
    const { owner, epoch } = this.#options
    if (!equalBytes(state.head.owner, owner)) return this.#intake.restore(state, now)
    if (state.head.epoch >= epoch) throw argumentError('epoch', `above ${state.head.epoch}`, epoch)
    // Each for itself: bounds may have become narrower, and what still fits stays.
    for (const { key, value, time } of state.entries) {
      if (value !== undefined && !key.startsWith(lifePrefix)) this.#own.write([{ key, value, time }], now)
    }
  }

  #showOwn(state: OwnerState, now: Millis): void {
    const { owner, peerOf = peerIdFromKey } = this.#options
    const row = this.#table.row(owner) ?? this.#table.add(owner, { peer: peerOf(owner), introducer: undefined, now })!
    const before = row.state
    this.#table.show(row, state, now)
    this.#changed(row, before, now)
  }

  #changed({ owner, peer, state }: OwnerRow, before: OwnerState | undefined, now: Millis): void {
    const { quietKeys = [] } = this.#options
    const changes = changesBetween(before, state!)
    if (before === undefined || changes.some(({ key }) => !quietKeys.includes(key))) this.#rounds.heat(now)
    this.#actions.push({ type: 'changed', owner, peer, epoch: state!.head.epoch, changes })
  }

  /** The bytes of the frame. */
  #send(peer: PeerId, frame: ExchangeFrame): number {
    const bytes = encodeStateFrame(frame)
    this.#actions.push({ type: 'send', peer, bytes, isOpening: frame.step === 1 })
    return bytes.length
  }

  #close(peer: PeerId, outcome: Omit<StateAction & { type: 'exchanged' }, 'type' | 'peer'>): void {
    this.#open.delete(peer)
    this.#actions.push({ type: 'exchanged', peer, ...outcome })
  }

  #nextExchange(): number {
    this.#exchange = (this.#exchange % (2 ** 32 - 1)) + 1
    return this.#exchange
  }

  get #context(): { table: OwnerTable; limits: StateLimits; random: () => number } {
    return { table: this.#table, limits: this.#limits, random: this.#random }
  }
}
