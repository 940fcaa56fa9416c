import {
  concatBytes,
  encodeFrame,
  KeyList,
  keySize,
  type Frame as SessionFrame,
  type Millis,
  type PeerId,
  type StoreRecord,
} from '@grapevine/protocol'
import { GossipHost } from './gossip-host.ts'
import type { GossipHostOptions } from './gossip-host-options.ts'
import type { Packet } from './packet.ts'
import type { MachineLike } from './record.ts'
import type { Rng } from './rng.ts'
import type { Actor } from './world.ts'

/** Options of a {@link LiarHost}. */
export interface LiarHostOptions extends GossipHostOptions {
  /** Whom it troubles. */
  readonly victims: readonly PeerId[]
  /** Time between two streams of its own making, in ms. */
  readonly intervalMs: number
}

/** Numbers of streams of which its own machine knows nothing. */
const firstMischief = 1_000_000
const framesMax = 16

/**
 * A host that takes part in reconciliation and lies: it claims keys that it does not have and hides others, gives records
 * that were not asked for, forged or damaged ones, changes, repeats, drops and makes up frames, and opens streams on which it
 * says nothing, or what no session says. It signs with no key but its own.
 */
export class LiarHost implements Actor<Packet> {
  readonly gossip: GossipHost
  readonly #options: LiarHostOptions
  readonly #rng: Rng
  /** Frames that it has sent, to be sent again where they do not belong. */
  readonly #frames: Uint8Array[] = []
  #mischiefAt: Millis
  #stream = firstMischief

  constructor(options: LiarHostOptions, now: Millis) {
    this.#options = options
    this.#rng = options.port.rng.fork('lies')
    this.#mischiefAt = now + this.#rng.unit() * options.intervalMs
    this.gossip = new GossipHost({
      ...options,
      tamper: (bytes) => this.#tamper(bytes),
      wrap: (machine) => this.#lie(options.wrap?.(machine) ?? machine),
    })
  }

  get nextWakeup(): Millis {
    return Math.min(this.gossip.nextWakeup ?? Infinity, this.#mischiefAt)
  }

  receive(from: PeerId, packet: Packet, now: Millis): void {
    this.gossip.receive(from, packet, now)
  }

  tick(now: Millis): void {
    if (this.#mischiefAt <= now) {
      this.#mischiefAt = now + (0.5 + this.#rng.unit()) * this.#options.intervalMs
      this.#trouble(now)
    }
    this.gossip.tick(now)
  }

  /** Keys that nobody has, of the given times, for topics by name. */
  phantoms(topics: readonly string[], times: { readonly from: number; readonly to: number }): Map<string, KeyList> {
    const rng = this.#rng
    return new Map(
      topics.map((topic) => {
        const keys = new KeyList()
        for (let count = rng.pick([0, 1, 5, 40]); count > 0; count--) {
          keys.push(rng.chance(0.2) ? 0 : Math.floor(times.from + rng.unit() * (times.to - times.from)), rng.bytes(16))
        }
        return [topic, keys.sorted()]
      }),
    )
  }

  /** Opens a stream and says something on it, or nothing. */
  #trouble(now: Millis): void {
    const rng = this.#rng
    const stream = ++this.#stream
    const { streams } = this.gossip
    streams.open(stream, rng.pick(this.#options.victims), now)
    for (let count = rng.between(0, 3); count > 0; count--) streams.send(stream, this.#makeUp(), now)
    if (rng.chance(0.3)) streams.close(stream, now)
  }

  #tamper(bytes: Uint8Array): readonly Uint8Array[] {
    const rng = this.#rng
    if (this.#frames.length >= framesMax) this.#frames.shift()
    this.#frames.push(bytes)
    if (rng.chance(0.6)) return [bytes]
    const changed = bytes.slice()
    switch (rng.below(6)) {
      case 0:
        return []
      case 1:
        return [bytes, bytes]
      case 2:
        return [bytes, this.#makeUp()]
      case 3:
        return [rng.pick(this.#frames)]
      case 4:
        return [bytes.slice(0, rng.below(bytes.length))]
      default:
        changed[rng.below(changed.length)]! ^= 1 << rng.below(8)
        return [changed]
    }
  }

  /** A frame of its own making, sometimes a good one in the wrong place. */
  #makeUp(): Uint8Array {
    const rng = this.#rng
    const none = new Uint8Array(0)
    if (this.#frames.length > 0 && rng.chance(0.4)) return rng.pick(this.#frames)
    if (rng.chance(0.3)) return rng.bytes(rng.between(0, 100))
    const keys = new KeyList()
    for (let count = rng.between(1, 20); count > 0; count--) keys.push(this.#options.wallAtStart, rng.bytes(keySize))
    const frames: readonly SessionFrame[] = [
      { type: 'have', keys: keys.sorted(), last: rng.chance(0.5) },
      { type: 'want', keys: keys.sorted(), bytesMax: rng.pick([0, 1, 1 << 20]) },
      { type: 'records', pieces: [], missing: none, refused: none, last: true },
      {
        type: 'records',
        pieces: [{ keys: new Uint8Array(1), bytes: rng.bytes(50), rest: 0 }],
        missing: none,
        refused: none,
        last: true,
      },
      { type: 'ask-symbols', to: rng.between(1, 1_000) },
      { type: 'symbols', symbols: none },
      { type: 'end', code: rng.pick(['done', 'closed', 'busy', 'refused'] as const) },
    ]
    return encodeFrame(rng.pick(frames))
  }

  /** Its machine believes that it holds less than it does, and gives other records than it has. */
  #lie(machine: MachineLike): MachineLike {
    const rng = this.#rng
    return {
      get nextWakeup() {
        return machine.nextWakeup
      },
      handle: (event, now) => {
        // Nothing of what it makes up is its machine's business.
        if ('stream' in event && event.stream >= firstMischief) return []
        if (event.type === 'loaded') return machine.handle({ ...event, records: this.#forge(event.records) }, now)
        const hidden = event.type === 'restored' && rng.chance(0.3)
        return machine.handle(hidden ? { ...event, keys: new KeyList(0) } : event, now)
      },
      why: (id) => machine.why(id),
      snapshot: () => machine.snapshot(),
    }
  }

  #forge(records: readonly ForgedRecord[]): readonly ForgedRecord[] {
    const rng = this.#rng
    return records.map((record) => {
      const changed = record.bytes.slice()
      switch (rng.below(6)) {
        case 0:
          return { ...record, bytes: rng.pick(records).bytes }
        case 1:
          return { ...record, bytes: rng.bytes(rng.between(0, 200)) }
        case 2:
          // Where the signature is.
          if (changed.length > 0) changed[changed.length - 1 - rng.below(Math.min(64, changed.length))]! ^= 1
          return { ...record, bytes: changed }
        case 3:
          return { ...record, bytes: concatBytes(record.bytes, rng.bytes(3)) }
        default:
          return record
      }
    })
  }
}

type ForgedRecord = Pick<StoreRecord, 'keyTime' | 'keys' | 'bytes'>
