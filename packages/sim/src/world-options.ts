import type { Millis } from '@grapevine/protocol'
import type { LinkOptions } from './link.ts'
import type { HostId } from './world.ts'

/** What happened in a world, in order; for traces, counts and invariants. */
export type WorldEvent<Payload> =
  | { readonly type: 'sent' | 'arrived'; readonly from: HostId; readonly to: HostId; readonly payload: Payload }
  | {
      readonly type: 'lost'
      readonly from: HostId
      readonly to: HostId
      readonly payload: Payload
      readonly cause: 'loss' | 'partition' | 'crash'
    }
  | { readonly type: 'crashed' | 'restarted'; readonly host: HostId }
  | { readonly type: 'partitioned' | 'healed' }

/** A host's own line. */
export interface Access {
  /** Infinity: unlimited. */
  readonly upBytesPerSecond: number
  readonly downBytesPerSecond: number
}

/** Options of a `World`. */
export interface WorldOptions<Payload> {
  readonly seed: number
  /** Every pair of hosts that has no link of its own. Default: instant and perfect. */
  readonly link?: LinkOptions
  /** The same by pair, asked for once in each direction and life. A field may change later: it is read for each payload. */
  readonly linkOf?: (from: HostId, to: HostId) => LinkOptions
  /** What a host sends and takes over all of its links, in bytes a second. Default: unlimited. */
  readonly accessOf?: (host: HostId) => Access | undefined
  /** Bytes of a payload, for links with bandwidth. Default 0. */
  readonly sizeOf?: (payload: Payload) => number
  readonly onEvent?: (event: WorldEvent<Payload>, now: Millis) => void
}
