import type { EnvelopeBody } from './envelope.ts'
import type { Message } from './message.ts'
import type { KeyList } from './reconcile/key.ts'
import type { EndReason, SessionMode, SessionReport } from './reconcile/session-output.ts'
import type { Signed } from './signed.ts'
import type { FloorOptions } from './store/holdings.ts'
import type { StoreRecord } from './store/record.ts'
import type { TopicRules } from './topic.ts'
import type { Decision } from './verdict.ts'

export type { Message }

/** Monotonic milliseconds since an arbitrary start; never goes back within one machine. */
export type Millis = number

/** A libp2p peer id in text form; opaque to the machine. */
export type PeerId = string

/** Names one effect: the host returns it with the result. */
export type Ref = number

/** What a validator said of one message. */
export interface Judgement {
  /** `defer`: judge it again when all of `waitFor` are accepted, or `forMs` have passed, whichever is first. */
  readonly verdict: 'accept' | 'ignore' | 'reject' | 'defer'
  readonly reason?: string
  /**
   * Our validator failed or ran out of time. The verdict then says what is done with what it did not judge: `accept`,
   * `ignore`, or else it is judged again. Nobody is blamed.
   */
  readonly failed?: 'error' | 'timeout'
  /** With `defer`: ids of messages of the same topic, 1 to 32 bytes; the first 64 count. */
  readonly waitFor?: readonly Uint8Array[]
  /** With `defer`: in ms; without it and without ids, 1,000. */
  readonly forMs?: number
}

/** What happens to a node. Results of effects carry the ref of the action that asked for them. */
export type Event =
  | { readonly type: 'tick' }
  /** Hold a topic from now on, or change its rules. */
  | { readonly type: 'hold'; readonly rules: TopicRules }
  | { readonly type: 'release'; readonly topic: string }
  /** Our own user publishes one message. `time` is the wall clock, in µs since 1970. With parents it travels alone. */
  | {
      readonly type: 'publish'
      readonly ref: Ref
      readonly topic: string
      readonly payload: Uint8Array
      readonly parents?: readonly Uint8Array[]
      readonly time: number
    }
  | { readonly type: 'signed'; readonly ref: Ref; readonly signature: Uint8Array }
  /** Gossip has signed what `gossipSigned` asked for, and sends it next. */
  | { readonly type: 'named'; readonly ref: Ref; readonly gossipId: string; readonly seqno: bigint }
  /** The envelope went to these peers at once; the link is ready for more. */
  | { readonly type: 'gossiped'; readonly ref: Ref; readonly peers: number }
  /** Gossip brought bytes that it had not seen. `wall` is our wall clock, in µs since 1970. */
  | {
      readonly type: 'received'
      readonly topic: string
      readonly from: PeerId
      readonly gossipId: string
      readonly bytes: Uint8Array
      readonly wall: number
      /** Where gossip signs: it has checked the signature. */
      readonly signed?: Signed
    }
  /**
   * A peer's store, or a file, gave what we asked it for: `topic` is the plain name. An `ingested` action with this ref
   * follows. Refs of the host are negative.
   */
  | {
      readonly type: 'fetched'
      readonly ref: Ref
      readonly topic: string
      readonly from: PeerId
      readonly bytes: Uint8Array
      readonly wall: number
    }
  /**
   * Answers `want`: envelopes that a peer gave, one for each id at most, and keys of what this node has itself. None at all:
   * it has none, or cannot be asked.
   */
  | {
      readonly type: 'found'
      readonly ref: Ref
      readonly envelopes: readonly Uint8Array[]
      readonly known?: readonly Uint8Array[]
      readonly wall: number
    }
  /** A record is on disk, its first kept message as number `arrival`; without one it is not, for the reason in `detail`. */
  | {
      readonly type: 'stored'
      readonly ref: Ref
      readonly arrival?: number
      /** Which of the kept messages are new, as places among them; absent: all. The others were there before. */
      readonly fresh?: readonly number[] | undefined
      readonly failure?: 'disk' | 'overloaded' | 'duplicate'
      readonly detail?: string
    }
  /**
   * What the store held when the node started: keys in ascending order, in any number of parts. `isLate`: in any order,
   * what was thought to be lost.
   */
  | { readonly type: 'restored'; readonly topic: string; readonly keys: KeyList; readonly isLate?: boolean }
  /** The store began anew: what it holds is told again. */
  | { readonly type: 'emptied' }
  /** The store no longer holds these: damaged, cancelled, or let go of one by one. */
  | { readonly type: 'lost'; readonly topic: string; readonly keys: KeyList }
  /** The store has let go of all that is older than `time` (µs): of the whole topic, or of one author. */
  | ({ readonly type: 'floor'; readonly topic: string; readonly time: number } & FloorOptions)
  /** A connected peer subscribes to a topic that we hold, by its wire name, or has come into our mesh of it. */
  | { readonly type: 'peer-joined'; readonly peer: PeerId; readonly topic: string }
  | { readonly type: 'peer-left'; readonly peer: PeerId }
  /** A stream of reconciliation is open: one that we asked for, or, with a negative number, one of a peer. */
  | { readonly type: 'opened'; readonly stream: Ref; readonly peer: PeerId; readonly wall: number }
  | {
      readonly type: 'frame'
      readonly stream: Ref
      readonly peer: PeerId
      readonly bytes: Uint8Array
      readonly wall: number
    }
  /** A frame of `size` bytes that we sent has left. */
  | { readonly type: 'flushed'; readonly stream: Ref; readonly size: number }
  /** It ended, or could not be opened. */
  | { readonly type: 'closed'; readonly stream: Ref }
  /** The records of the keys that were asked for, as far as they are there. */
  | {
      readonly type: 'loaded'
      readonly ref: Ref
      readonly records: readonly Pick<StoreRecord, 'keyTime' | 'keys' | 'bytes'>[]
    }
  /**
   * Compare what we hold of a topic with a connected peer; answer `compared` with this ref. Author times from `floor`,
   * included, to `end`, excluded, in µs; absent: all that both sides keep, for `verify` less what may still be on its way.
   */
  | {
      readonly type: 'compare'
      readonly ref: Ref
      readonly peer: PeerId
      readonly topic: string
      readonly mode: SessionMode
      readonly floor?: number
      readonly end?: number
    }
  | { readonly type: 'verified'; readonly ref: Ref; readonly valid: boolean }
  /** Answers `findBody`. */
  | { readonly type: 'bodyFound'; readonly ref: Ref; readonly isHere: boolean }
  /** Answers `readBody`: all of it, checked against its root; without bytes it is not here. They must not change. */
  | { readonly type: 'bodyRead'; readonly ref: Ref; readonly bytes?: Uint8Array | undefined }
  /** Answers `saveBody`: it is on disk, or why not. */
  | { readonly type: 'bodySaved'; readonly ref: Ref; readonly failure?: string }
  /** Answers `askChunk`. The bytes are kept. */
  | { readonly type: 'chunk'; readonly ref: Ref; readonly bytes: Uint8Array; readonly proof: Uint8Array }
  /** Answers `askChunk`: the peer does not have it, or is gone, or cannot be asked. */
  | { readonly type: 'noChunk'; readonly ref: Ref }
  /** One judgement per message that was asked about, in that order. */
  | { readonly type: 'judged'; readonly ref: Ref; readonly judgements: readonly Judgement[] }
  /** Gossip saw the same bytes again. */
  | { readonly type: 'copied'; readonly gossipId: string; readonly from: PeerId }
  /** Gossip handed the bytes to a peer, as a publish, a forward or an answer. */
  | { readonly type: 'sent'; readonly gossipId: string; readonly to: PeerId }

/** What the machine asks of its host. */
export type Action =
  /** Sign `bytes` with the node's key; answer `signed`. */
  | { readonly type: 'sign'; readonly ref: Ref; readonly bytes: Uint8Array }
  /** Check an Ed25519 signature; answer `verified`. */
  | {
      readonly type: 'verify'
      readonly ref: Ref
      readonly author: Uint8Array
      readonly bytes: Uint8Array
      readonly signature: Uint8Array
    }
  /** Ask the topic's validator; answer `judged`. */
  | { readonly type: 'judge'; readonly ref: Ref; readonly topic: string; readonly messages: readonly Message[] }
  /** Give an envelope of ours to the mesh; answer `gossiped`. */
  | {
      readonly type: 'gossip'
      readonly ref: Ref
      readonly topic: string
      readonly gossipId: string
      readonly bytes: Uint8Array
    }
  /** Have gossip sign a payload and give it to the mesh; answer `named`, and then `gossiped`. */
  | { readonly type: 'gossipSigned'; readonly ref: Ref; readonly topic: string; readonly bytes: Uint8Array }
  /** Tell gossip what became of bytes that it brought: accept forwards them. */
  | {
      readonly type: 'verdict'
      readonly topic: string
      readonly gossipId: string
      readonly from: PeerId
      readonly decision: Decision
    }
  /**
   * What was put off, and told gossip to be ignored, is decided now. Bytes are there if it is accepted and gossip brought
   * it: put them among the recent messages and pass them on, as what comes from `from`.
   */
  | {
      readonly type: 'settled'
      readonly topic: string
      readonly gossipId: string
      readonly from: PeerId
      readonly decision: Decision
      /** How it came: `history` from the store of a peer. */
      readonly via: 'live' | 'history'
      readonly bytes?: Uint8Array
    }
  /** Ask a peer for messages of a topic by their ids, after a look into our own store; answer `found`. */
  | {
      readonly type: 'want'
      readonly ref: Ref
      readonly peer: PeerId
      readonly topic: string
      readonly ids: readonly Uint8Array[]
    }
  /** See whether a body is on disk; answer `bodyFound`. */
  | { readonly type: 'findBody'; readonly ref: Ref; readonly root: Uint8Array }
  /** Read a body; answer `bodyRead`. */
  | { readonly type: 'readBody'; readonly ref: Ref; readonly root: Uint8Array; readonly size: number }
  /** Make a body durable, for a topic; `from`: who brought it, if it is not our own. Answer `bodySaved`. */
  | {
      readonly type: 'saveBody'
      readonly ref: Ref
      readonly root: Uint8Array
      readonly bytes: Uint8Array
      readonly topic: string
      readonly from?: PeerId
    }
  /** A body that was saved or read belongs to nothing that is accepted: if nothing else has it, it can go. */
  | { readonly type: 'dropBody'; readonly root: Uint8Array }
  /** Ask a peer for a chunk of a body; answer `chunk` or `noChunk`. These refs are of their own. */
  | {
      readonly type: 'askChunk'
      readonly ref: Ref
      readonly peer: PeerId
      readonly root: Uint8Array
      readonly index: number
    }
  /** A peer sent what is no part of the body that it offered, or offered what is not what its id says. */
  | { readonly type: 'blamed'; readonly peer: PeerId; readonly reason: 'bad-offer' | 'bad-chunk' | 'false-root' }
  /** For the readers: messages of one topic. On a lossless one they are on disk. */
  | { readonly type: 'deliver'; readonly messages: readonly Message[] }
  /** Make it durable; answer `stored`. */
  | { readonly type: 'store'; readonly ref: Ref; readonly record: StoreRecord }
  /** Open a stream of reconciliation to a peer; answer `opened` or `closed`. */
  | { readonly type: 'open'; readonly stream: Ref; readonly peer: PeerId }
  | { readonly type: 'send'; readonly stream: Ref; readonly bytes: Uint8Array }
  /** End the stream after what was sent on it. */
  | { readonly type: 'close'; readonly stream: Ref }
  /** Read the records of these keys; answer `loaded`. */
  | { readonly type: 'load'; readonly ref: Ref; readonly topic: string; readonly keys: KeyList }
  /** A session of reconciliation ended; `ref` names that of a `compare`. `fetched` messages came, `refused` of them in vain. */
  | {
      readonly type: 'compared'
      readonly ref: Ref | undefined
      readonly peer: PeerId
      readonly topic: string
      readonly reason: EndReason
      /** What was found, if we opened it and it came that far. */
      readonly report: SessionReport | undefined
      readonly fetched: number
      readonly refused: number
    }
  /** What became of bytes that reconciliation brought. */
  | { readonly type: 'ingested'; readonly ref: Ref; readonly from: PeerId; readonly decision: Decision }
  /** Too much of a peer's traffic is still being checked: read no more of it, until `resume`. */
  | { readonly type: 'pause'; readonly peer: PeerId }
  | { readonly type: 'resume'; readonly peer: PeerId }
  /** A publish is done: `peers` got it at once; `duplicate` if the same content was accepted before. */
  | {
      readonly type: 'published'
      readonly ref: Ref
      readonly id: Uint8Array
      readonly peers: number
      readonly duplicate: boolean
    }
  /** A publish was refused: the caller's mistake, or too much at once. */
  | {
      readonly type: 'refused'
      readonly ref: Ref
      readonly code: 'not-held' | 'oversize' | 'bad-schema' | 'overloaded' | 'rejected' | 'deferred' | 'disk'
      readonly detail: string
    }
  /** Somebody else signs with our key: a second node has our identity (`body` is theirs, verified). */
  | { readonly type: 'impersonated'; readonly from: PeerId; readonly body: EnvelopeBody }
