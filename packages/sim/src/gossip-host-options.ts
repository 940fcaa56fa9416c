import type { Action, Judgement, MachineOptions, Message, Millis, PeerId, Sha256 } from '@grapevine/protocol'
import type { Bodies } from './body-effects.ts'
import type { Disk } from './disk.ts'
import type { GossipHost } from './gossip-host.ts'
import type { Frame, Packet } from './packet.ts'
import type { MachineLike } from './record.ts'
import type { Port } from './world.ts'

/** A mesh that changes: whom each frame goes to. */
export interface FrameRouter {
  /** Bytes came that were not seen before. */
  arrived(frame: Frame, gossipId: string, from: PeerId): void
  /** Whom a frame goes to that was accepted, or is our own. Called once for each. */
  targets(frame: Frame, gossipId: string, isOwn: boolean): readonly PeerId[]
}

/** How long an effect takes at most, in ms, drawn uniformly; 0 or absent is at once, before the next event. */
export interface EffectDelays {
  readonly signMs?: number
  readonly verifyMs?: number
  readonly judgeMs?: number
  /** Until the link takes more: what is published meanwhile shares an envelope. */
  readonly gossipMs?: number
}

/** Options of a {@link GossipHost}. */
export interface GossipHostOptions {
  readonly machine: MachineOptions & { readonly sha256: Sha256 }
  readonly port: Port<Packet>
  /** The topic's mesh, by wire name: whom a message goes to. Read at each send. */
  readonly neighbours: (topic: string) => readonly PeerId[]
  /** In place of `neighbours`. */
  readonly router?: FrameRouter
  /** Judges one message of a judged topic; `holds`: whether a message is on disk, by its content id. Default: accept. */
  readonly judge?: (message: Message, holds: (id: Uint8Array) => boolean) => Judgement
  /** What a peer has of these messages, by content id. Default: nothing. */
  readonly ask?: (question: Action & { readonly type: 'want' }) => readonly Uint8Array[]
  /** Bodies on its disk; default: none in the beginning. */
  readonly bodies?: Bodies
  /** Bodies on the disk of a peer that can be asked. Default: there is none. */
  readonly bodiesOf?: (peer: PeerId) => Bodies | undefined
  readonly delays?: EffectDelays
  /** The host's wall clock at virtual time 0, in µs since 1970. */
  readonly wallAtStart: number
  /** Ids that gossip remembers at least; see {@link IdTableOptions.idsMin}. Default 2^18, as in the real adapter. */
  readonly gossipIdsMin?: number
  /** Keeps what topics with delivery `lossless` bring; see {@link GossipHost.mount}. */
  readonly disk?: Disk
  /** Until a stream says again what was not confirmed. Default 200 ms. */
  readonly resendMs?: number
  /** What goes out on a stream in place of a frame; who is honest leaves this away. */
  readonly tamper?: (bytes: Uint8Array) => readonly Uint8Array[]
  /** Wraps the machine: to record it, or to break it. */
  readonly wrap?: (machine: MachineLike) => MachineLike
  /** Every action, before it is carried out. */
  readonly onAction?: (action: Action, now: Millis) => void
  /** All that an event led to at once is done. */
  readonly onSettled?: (host: GossipHost, now: Millis) => void
}
