import type { Dialect, Signed } from '@grapevine/protocol'
import type { GossipsubOpts } from '@libp2p/gossipsub'
import type { Disagreement } from './disagreement.ts'

/** What gossip tells the node. Peers are peer ids as text, ids are gossip ids in hex. */
export interface GossipEvents {
  /** Bytes not seen before, with their author where the dialect signs; answer with `Gossip.verdict`. */
  readonly onMessage: (topic: string, from: string, id: string, bytes: Uint8Array, signed?: Signed) => void
  readonly onCopy: (id: string, from: string) => void
  readonly onSent: (id: string, to: string) => void
  /** A peer subscribed to a wire topic that we are subscribed to. */
  readonly onSubscribed: (topic: string, peer: string) => void
  /** A peer came into our mesh of a wire topic. */
  readonly onGrafted: (topic: string, peer: string) => void
  /** Gossip with a connected peer was dead, and its streams are made anew. */
  readonly onRepair: (peer: string) => void
  /** A peer speaks another dialect, or goes by another rule. */
  readonly onDisagreement?: (peer: string, found: Disagreement) => void
  /** A peer sent a message whose signature is not its author's. */
  readonly onForged?: (peer: string) => void
}

/** What gossip is told at its start. */
export interface GossipOptions {
  /** Of the network; default `grapevine`. */
  readonly dialect?: Dialect
  /** The wire topic of a held topic, by its name. */
  readonly wireTopicOf?: (name: string) => string | undefined
  /** Settings of gossipsub in place of the node's own: what a harness prescribes. */
  readonly settings?: Partial<GossipsubOpts>
}
