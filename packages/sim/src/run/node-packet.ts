import type { PeerId } from '@grapevine/protocol'
import { packetSize, type Frame, type Packet } from '../packet.ts'
import { overheadBytes } from '../state/state-world.ts'
import type { HostId } from '../world.ts'

/** A message as the mesh speaks of it. */
export interface MeshEntry {
  readonly id: Uint8Array
  /** The id in hex. */
  readonly gossipId: string
  readonly frame: Frame
  /** How often it was sent to who asked. */
  readonly answers: Map<PeerId, number>
}

/** What gossipsub says beside messages. `wire` is the topic. */
export type MeshPacket =
  | { readonly type: 'graft' | 'prune'; readonly wire: string }
  /** Entries stand for their ids: nobody looks at more of them than that. */
  | { readonly type: 'ihave' | 'iwant' | 'idontwant'; readonly wire: string; readonly entries: readonly MeshEntry[] }

/** Everything that nodes of a scenario send to each other. */
export type NodePacket = Packet | MeshPacket | { readonly type: 'state'; readonly bytes: Uint8Array }

/** Bytes on the wire: content, and what carries it in Noise, yamux and TCP. */
export function nodePacketSize(packet: NodePacket): number {
  if ('topic' in packet || 'stream' in packet) return packetSize(packet) + overheadBytes
  if (packet.type === 'state') return packet.bytes.length + overheadBytes
  const ids = 'entries' in packet ? packet.entries.length * 34 : 0
  return packet.wire.length + ids + 8 + overheadBytes
}

/** What of the mesh goes to a peer. */
export type SendMesh = (to: HostId, packet: MeshPacket) => void
