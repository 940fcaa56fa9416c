import {
  concatBytes,
  encodeUtf8,
  equalBytes,
  isBreach,
  keySize,
  toHex,
  type Action,
  type Message,
  type Millis,
  type PeerId,
  type Sha256,
  type StoreRecord,
} from '@grapevine/protocol'
import { keyTexts, type Disk, type DiskEvent } from '../disk.ts'
import type { GossipHost } from '../gossip-host.ts'
import type { HostId } from '../world.ts'
import { messageKey, type Ledger, type Life } from './ledger.ts'

/** Streams to one peer within a second: one for each topic as peers meet, and some as they meet again. */
const opensPerSecondMax = 16
/** Turns in a row in which a machine does nothing: to build what it compares by takes some. */
const vainTicksMax = 20
const sessionsMax = 14
/** What a machine lets wait on a stream, and what one step can add to it. */
const unsentMax = 512 << 10

/** A host with its disk, over all its lives. */
export interface Keeping {
  readonly host: HostId
  readonly disk: Disk
  /** Arrival number of what was delivered last. */
  lastDelivered: number
  /** Messages that were delivered in this life, by text of their key, as in {@link Life.delivered}. */
  readonly names: Map<string, string>
  /** When streams were opened, by peer. */
  readonly opens: Map<PeerId, Millis[]>
}

/** What hosts that keep messages must never do. */
export class StoreLedger {
  readonly #ledger: Ledger
  readonly #sha256: Sha256
  readonly #isHonest: (host: HostId) => boolean

  constructor(ledger: Ledger, sha256: Sha256, isHonest: (host: HostId) => boolean) {
    this.#ledger = ledger
    this.#sha256 = sha256
    this.#isHonest = isHonest
  }

  /** Takes one action of one life. */
  act(keeping: Keeping, action: Action, now: Millis): void {
    if (action.type === 'deliver') this.#deliver(keeping, action.messages, now)
    else if (action.type === 'store') this.#store(keeping, action, now)
    else if (action.type === 'open') this.#open(keeping, action.peer, now)
    else if (action.type === 'compared' && this.#isHonest(action.peer)) {
      const { reason, peer, topic } = action
      if (!isBreach(reason) && reason !== 'peer-refused') return
      this.#ledger.fail('breach', keeping.host, now, `${reason} with ${peer} on ${topic}`)
    }
  }

  /** Looks at a host when it has nothing more to do at once. */
  settled({ host }: Keeping, gossip: GossipHost, peers: readonly PeerId[], now: Millis): void {
    const { streams, vainTicks } = gossip
    if (streams.count() > sessionsMax) this.#ledger.fail('bounded', host, now, `${streams.count()} sessions`)
    for (const peer of peers) {
      if (streams.count(peer) > 1)
        this.#ledger.fail('bounded', host, now, `${streams.count(peer)} sessions with ${peer}`)
    }
    if (streams.mostUnsent > unsentMax) this.#ledger.fail('bounded', host, now, `${streams.mostUnsent} bytes unsent`)
    if (vainTicks > vainTicksMax) this.#ledger.fail('pace', host, now, `${vainTicks} turns for nothing`)
  }

  /** Takes what happened to a disk. */
  disk(keeping: Keeping, life: Life | undefined, { type, record }: DiskEvent): void {
    if (type === 'committed') return
    // What is gone may come again.
    for (const text of keyTexts(record)) {
      const name = keeping.names.get(text)
      if (name !== undefined) life?.delivered.delete(name)
    }
  }

  #open({ host, opens }: Keeping, peer: PeerId, now: Millis): void {
    const recent = (opens.get(peer) ?? []).filter((at) => at > now - 1_000)
    opens.set(peer, [...recent, now])
    if (recent.length < opensPerSecondMax) return
    this.#ledger.fail('pace', host, now, `${recent.length + 1} streams to ${peer} within a second`)
  }

  #store({ host, disk }: Keeping, { record }: Action & { type: 'store' }, now: Millis): void {
    const floor = disk.floors.get(record.topic)
    // While its signature was checked the floor may have passed it, and a copy of it.
    if (floor !== undefined && (record.time < floor.time || floor.authors.size > 0)) return
    if (keyTexts(record).some((text) => disk.holds(text))) {
      this.#ledger.fail('stored-once', host, now, `${record.topic}, ${record.via}, by ${record.from ?? 'itself'}`)
    }
  }

  #deliver(keeping: Keeping, messages: readonly Message[], now: Millis): void {
    const { host, disk, names } = keeping
    const first = messages[0]?.arrival ?? 0
    const kept = disk.at(first)
    const texts = kept === undefined ? [] : keyTexts(kept.record)
    for (const [place, message] of messages.entries()) {
      const { id, topic, arrival = 0 } = message
      const name = `${toHex(id).slice(0, 12)} on ${topic}, arrival ${arrival}`
      if (arrival <= keeping.lastDelivered) {
        this.#ledger.fail('order', host, now, `${name} after ${keeping.lastDelivered}`)
      }
      keeping.lastDelivered = Math.max(keeping.lastDelivered, arrival)
      if (kept === undefined || arrival !== first + place || !this.#isOf(kept.record, place, message)) {
        this.#ledger.fail('committed', host, now, name)
      }
      names.set(texts[place] ?? '', messageKey(topic, id))
    }
  }

  #isOf({ keys, topic: name, ids }: StoreRecord, place: number, { id, topic }: Message): boolean {
    const key = ids === undefined ? id : this.#sha256(concatBytes(encodeUtf8(`${topic}\0`), id))
    const kept = keys.subarray(place * keySize, (place + 1) * keySize)
    return name === topic && equalBytes(key.subarray(0, keySize), kept)
  }
}
