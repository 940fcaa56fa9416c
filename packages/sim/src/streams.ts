import type { Event, Millis, PeerId, Ref } from '@grapevine/protocol'
import type { StreamPacket } from './packet.ts'

/** What streams need of their host. */
export interface StreamsOptions {
  readonly self: PeerId
  /** Of the host: a stream of an earlier one is unknown. */
  readonly life: number
  readonly send: (to: PeerId, packet: StreamPacket) => void
  readonly after: (delayMs: Millis, run: (now: Millis) => void, now: Millis) => void
  readonly dispatch: (event: Event, now: Millis) => void
  readonly wall: (now: Millis) => number
  /** Until what was not confirmed is sent again. */
  readonly resendMs: Millis
}

/** A stream on which nothing is confirmed for this long, though something waits, is broken. */
const brokenMs = 10_000
/** A stream on which nothing is said for this long is given up. */
const silenceMs = 30_000
/** Segments under way at once. */
const windowMax = 4

interface Stream {
  readonly ref: Ref
  readonly name: string
  readonly peer: PeerId
  /** Said and not confirmed, in order; the first `windowMax` are under way. */
  readonly waiting: { readonly order: number; readonly content: Uint8Array | 'open' | 'end' }[]
  nextOrder: number
  /** Bytes of what waits. */
  unsent: number
  /** Segments of the peer that came ahead of their turn. */
  readonly early: Map<number, Uint8Array | 'open' | 'end'>
  expected: number
  hasEnded: boolean
  hasPeerEnded: boolean
  /** The machine said that it is done with it. */
  isLeft: boolean
  /** When something was confirmed last, or began to wait. */
  confirmedAt: Millis
  heardAt: Millis
  /** When the stream is looked at next. */
  lookAt: Millis
}

/**
 * Ordered streams of frames over links that lose, double and reorder: what libp2p's streams are to a node. A stream ends
 * at both ends when both have said so; it breaks when the host restarts, the link goes, or nobody answers.
 */
export class Streams {
  readonly #options: StreamsOptions
  readonly #byRef = new Map<Ref, Stream>()
  readonly #byName = new Map<string, Stream>()
  /** Names of streams of peers that are over: a late copy of their first segment must not open them again. */
  readonly #over = new Set<string>()
  #lastInbound: Ref = 0

  constructor(options: StreamsOptions) {
    this.#options = options
  }

  /** Streams that the machine has not left: all, or those with one peer. */
  count(peer?: PeerId): number {
    return [...this.#byRef.values()].filter((stream) => !stream.isLeft && (peer ?? stream.peer) === stream.peer).length
  }

  /** Bytes that wait on the stream on which most do. */
  get mostUnsent(): number {
    return Math.max(0, ...[...this.#byRef.values()].map(({ unsent }) => unsent))
  }

  open(ref: Ref, peer: PeerId, now: Millis): void {
    const { self, life } = this.#options
    const stream = this.#add(ref, `${self}/${life}/${ref}`, peer, now)
    this.#say(stream, 'open', now)
  }

  send(ref: Ref, bytes: Uint8Array, now: Millis): void {
    const stream = this.#byRef.get(ref)
    if (stream !== undefined && !stream.hasEnded) this.#say(stream, bytes, now)
  }

  /** Ends it after what was sent. */
  close(ref: Ref, now: Millis): void {
    const stream = this.#byRef.get(ref)
    if (stream === undefined) return
    stream.isLeft = true
    this.#end(stream, now)
  }

  /** The link to a peer is gone. */
  broken(peer: PeerId, now: Millis): void {
    for (const stream of this.#byName.values()) if (stream.peer === peer) this.#break(stream, now)
  }

  receive(from: PeerId, packet: StreamPacket, now: Millis): void {
    const stream = this.#byName.get(packet.stream) ?? this.#welcome(from, packet, now)
    if (stream === undefined || stream.peer !== from) return
    stream.heardAt = now
    if (packet.type === 'reset') return this.#drop(stream, now)
    if (packet.type === 'ack') return this.#confirmed(stream, packet.upTo, now)
    // Whoever answers has heard that the stream opens, even if the word of that is late.
    this.#confirmed(stream, 1, now)
    if (packet.order >= stream.expected) stream.early.set(packet.order, packet.content)
    const ready: (Uint8Array | 'open' | 'end')[] = []
    for (let next = stream.early.get(stream.expected); next !== undefined; next = stream.early.get(stream.expected)) {
      stream.early.delete(stream.expected++)
      ready.push(next)
    }
    this.#options.send(from, { type: 'ack', stream: stream.name, upTo: stream.expected })
    for (const content of ready) this.#hear(stream, content, now)
  }

  /** A stream that a peer opens; for what belongs to none that is known, the peer is told that it is over. */
  #welcome(from: PeerId, packet: StreamPacket, now: Millis): Stream | undefined {
    if (packet.type === 'reset') return undefined
    const isOpening = packet.type === 'segment' && packet.content === 'open' && !packet.stream.startsWith(this.#own)
    if (isOpening && !this.#over.has(packet.stream)) return this.#add(--this.#lastInbound, packet.stream, from, now)
    this.#options.send(from, { type: 'reset', stream: packet.stream })
    return undefined
  }

  get #own(): string {
    return `${this.#options.self}/`
  }

  #hear(stream: Stream, content: Uint8Array | 'open' | 'end', now: Millis): void {
    const { dispatch, wall } = this.#options
    const { ref, peer } = stream
    if (content === 'open') return dispatch({ type: 'opened', stream: ref, peer, wall: wall(now) }, now)
    if (content !== 'end') return dispatch({ type: 'frame', stream: ref, peer, bytes: content, wall: wall(now) }, now)
    stream.hasPeerEnded = true
    this.#end(stream, now)
    this.#finish(stream, now)
  }

  #confirmed(stream: Stream, upTo: number, now: Millis): void {
    const { dispatch, wall } = this.#options
    const { ref, peer, waiting } = stream
    const sent: Event[] = []
    while (waiting.length > 0 && waiting[0]!.order < upTo) {
      const { content } = waiting.shift()!
      stream.confirmedAt = now
      if (content === 'open') sent.push({ type: 'opened', stream: ref, peer, wall: wall(now) })
      else if (content !== 'end') {
        stream.unsent -= content.length
        sent.push({ type: 'flushed', stream: ref, size: content.length })
      }
      const next = waiting[windowMax - 1]
      if (next !== undefined) this.#transmit(stream, next)
    }
    for (const event of sent) dispatch(event, now)
    this.#finish(stream, now)
  }

  #say(stream: Stream, content: Uint8Array | 'open' | 'end', now: Millis): void {
    if (stream.waiting.length === 0) stream.confirmedAt = now
    const segment = { order: stream.nextOrder++, content }
    if (typeof content !== 'string') stream.unsent += content.length
    stream.waiting.push(segment)
    if (stream.waiting.length <= windowMax) this.#transmit(stream, segment)
    this.#time(stream, now)
  }

  #end(stream: Stream, now: Millis): void {
    if (stream.hasEnded) return
    stream.hasEnded = true
    this.#say(stream, 'end', now)
  }

  #transmit({ name, peer }: Stream, segment: Stream['waiting'][number]): void {
    this.#options.send(peer, { type: 'segment', stream: name, ...segment })
  }

  /** Sets when to send again what was not confirmed, and to look whether anybody is there. */
  #time(stream: Stream, now: Millis): void {
    const { after, resendMs } = this.#options
    const at = stream.waiting.length > 0 ? now + resendMs : Math.max(now + resendMs, stream.heardAt + silenceMs)
    if (stream.lookAt > now && stream.lookAt <= at) return
    stream.lookAt = at
    const look = (then: Millis): void => {
      if (this.#byRef.get(stream.ref) !== stream || stream.lookAt !== at) return
      const isBroken = stream.waiting.length > 0 && then - stream.confirmedAt >= brokenMs
      if (isBroken || then - stream.heardAt >= silenceMs) return this.#break(stream, then)
      for (const segment of stream.waiting.slice(0, windowMax)) this.#transmit(stream, segment)
      this.#time(stream, then)
    }
    after(at - now, look, now)
  }

  #finish(stream: Stream, now: Millis): void {
    if (stream.hasEnded && stream.hasPeerEnded && stream.waiting.length === 0) this.#drop(stream, now)
  }

  #break(stream: Stream, now: Millis): void {
    this.#options.send(stream.peer, { type: 'reset', stream: stream.name })
    this.#drop(stream, now)
  }

  #drop(stream: Stream, now: Millis): void {
    if (!this.#byRef.delete(stream.ref)) return
    this.#byName.delete(stream.name)
    if (stream.ref < 0) this.#over.add(stream.name)
    this.#options.dispatch({ type: 'closed', stream: stream.ref }, now)
  }

  #add(ref: Ref, name: string, peer: PeerId, now: Millis): Stream {
    const common = { ref, name, peer, waiting: [], unsent: 0, nextOrder: 0, early: new Map(), expected: 0 }
    const ends = { hasEnded: false, hasPeerEnded: false, isLeft: false }
    const stream: Stream = { ...common, ...ends, confirmedAt: now, heardAt: now, lookAt: -Infinity }
    this.#byRef.set(ref, stream)
    this.#byName.set(name, stream)
    this.#time(stream, now)
    return stream
  }
}
