import { argumentError } from '../error.ts'
import { Answerer } from './answerer.ts'
import type { KeySet } from './difference.ts'
import { Finder } from './finder.ts'
import { type EndCode, type Frame, frameSizeMax } from './frame.ts'
import { decodeFrame } from './frame-decode.ts'
import { encodeFrame } from './frame-encode.ts'
import { boundPast, firstBound, type KeyList, lastBound } from './key.ts'
import { packedKeysMax } from './packed.ts'
import { Provider } from './provider.ts'
import { Requester } from './requester.ts'
import type { EndReason, SessionMode, SessionOutput, StoredRecord } from './session-output.ts'
import type { SessionCost, SessionOptions } from './session-options.ts'

/** Frames that a session takes: a record of its own for each key, and room for the search. */
const framesMax = 1 << 19

/**
 * One session between two nodes on one topic: finds what the two stores do not share, then each side fetches what it
 * lacks. A state machine: frames, answers of the host and calls of `advance` go in, outputs come out; every call takes at
 * most about 10 ms. No time passes in it: the host ends a session that is silent for too long with `close`. What comes in
 * is only known to have been asked for. What was not found or fetched is left to the next session, with any peer.
 */
export class Session {
  readonly #outputs: SessionOutput[] = []
  readonly #finder: Finder | undefined
  readonly #answerer: Answerer | undefined
  readonly #requester: Requester
  readonly #provider: Provider
  readonly #topic: string
  /** Keys that the peer lacks, told it in several frames. */
  #telling: Generator<void> | undefined = undefined
  #stage: 'new' | 'searching' | 'telling' | 'fetching' = 'new'
  #mode: SessionMode
  #refusedByPeer = 0
  #endSent = false
  #endReceived = false
  #ended = false
  #frames = 0
  #cost = { bytesSent: 0, bytesReceived: 0, recordBytesSent: 0, recordBytesReceived: 0, turns: 0 }
  #direction: 'sent' | 'received' | undefined = undefined

  private constructor(role: 'opens' | 'answers', options: SessionOptions) {
    const { index, topic, isRefused = () => false } = options
    const keysMax = bounded('keysMax', options.keysMax ?? 65_536, 1, 1 << 18)
    const wantKeysMax = bounded('wantKeysMax', options.wantKeysMax ?? 512, 1, packedKeysMax)
    const wantBytesMax = bounded('wantBytesMax', options.wantBytesMax ?? 1 << 20, frameSizeMax, 1 << 26)
    const floor = Math.max(options.floor ?? 0, index.floor)
    const end = bounded('end', options.end ?? Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER)
    const random = bounded('random', options.random ?? 0, 0, 0xffff_ffff)
    const emit = (output: SessionOutput): void => void this.#outputs.push(output)
    const send = (frame: Frame): void => this.#send(frame)
    this.#topic = topic
    this.#mode = options.mode ?? 'sync'
    const search = { index, floor, end, keysMax, isRefused, send }
    this.#finder = role === 'opens' ? new Finder({ ...search, topic, mode: this.#mode }) : undefined
    this.#answerer = role === 'answers' ? new Answerer({ ...search, random }) : undefined
    this.#requester = new Requester({ index, wantKeysMax, wantBytesMax, emit, send })
    this.#provider = new Provider({ keysMax: 1 << 18, emit, send })
  }

  /** The side that opens a session; the first `advance` sends the opening. Throws `argument`. */
  static open(options: SessionOptions): Session {
    return new Session('opens', options)
  }

  /** The side that answers; give the opening to `handle`. Throws `argument`. */
  static answer(options: SessionOptions): Session {
    return new Session('answers', options)
  }

  /** Whether `advance` has something to do; false once the session is over. */
  get busy(): boolean {
    if (this.#ended) return false
    if (this.#finder !== undefined && this.#stage === 'new') return true
    const isSearching = this.#finder?.busy === true || this.#answerer?.busy === true
    return isSearching || this.#telling !== undefined || this.#requester.busy || this.#provider.busy
  }

  /** Whether `ended` was given out. */
  get ended(): boolean {
    return this.#ended
  }

  get cost(): SessionCost {
    return this.#cost
  }

  /** A frame came. Total: whatever it holds, at worst the session ends with a reason. */
  handle(bytes: Uint8Array): readonly SessionOutput[] {
    if (this.#ended) return []
    this.#count('received', bytes.length)
    const frame = decodeFrame(bytes)
    if (frame === 'unknown-version') this.#end('unknown-version', 'unknown-version')
    else if (frame === undefined) this.#end('bad-frame', 'refused')
    else if (++this.#frames > framesMax) this.#end('over-budget', 'refused')
    else this.#handle(frame, bytes.length)
    return this.#flush()
  }

  /** Does a slice of work. Call it while `busy`, when the stream can take more: that is how sending is held back. */
  advance(): readonly SessionOutput[] {
    if (this.#ended) return []
    if (this.#stage === 'new' && this.#finder !== undefined) {
      this.#stage = 'searching'
      this.#finder.open()
    } else if (this.#finder?.busy === true) this.#finder.advance()
    else if (this.#answerer?.busy === true) this.#check(this.#answerer.advance())
    else if (this.#telling !== undefined) {
      if (this.#telling.next().done === true) this.#telling = undefined
    } else if (this.#requester.busy) this.#requester.advance()
    else this.#provider.advance()
    return this.#flush()
  }

  /**
   * Records of the keys of the last `load`, and the indexes of those that the host does not give, ascending; what is in
   * neither is missing. Throws `argument` for a record over 1 MiB, or one without a key that was asked for.
   */
  loaded(records: readonly StoredRecord[], refused: readonly number[] = []): readonly SessionOutput[] {
    if (this.#ended) return []
    this.#provider.loaded(records, refused)
    return this.#flush()
  }

  /** Asks for more, after `answered`; without it nothing more comes. */
  next(): readonly SessionOutput[] {
    if (this.#ended) return []
    this.#requester.next()
    return this.#flush()
  }

  /** A message came with one that was asked for, and is not asked for any more in this session. The id has 16 bytes or more. */
  skip(time: number, id: Uint8Array): void {
    this.#requester.skip(time, id)
  }

  /** Ends the session from our side; `peer-broke`: the host found that a record is not what was asked for. */
  close(why: 'closed' | 'peer-broke' = 'closed'): readonly SessionOutput[] {
    if (this.#ended) return []
    if (why === 'closed') this.#end('closed', 'closed')
    else this.#end('unrequested', 'refused')
    return this.#flush()
  }

  #handle(frame: Frame, size: number): void {
    if (frame.type === 'end') return this.#peerEnded(frame.code)
    if (this.#endReceived && frame.type !== 'records') return this.#end('unexpected-frame', 'refused')
    switch (frame.type) {
      case 'records':
        this.#cost.recordBytesReceived += size
        return this.#check(this.#requester.handle(frame))
      case 'want':
        return this.#check(
          this.#stage === 'new' || this.#mode === 'verify' ? 'unexpected-frame' : this.#provider.handle(frame),
        )
      case 'refused':
        return this.#refused(frame.keys, frame.last)
      case 'summary':
      case 'symbols':
      case 'parts':
      case 'keys':
        return this.#check(this.#finder === undefined ? 'unexpected-frame' : this.#finder.handle(frame))
      case 'open':
      case 'ask-symbols':
      case 'ask-parts':
      case 'ask-keys':
      case 'have':
        return this.#question(frame)
    }
  }

  #question(frame: Frame): void {
    if (this.#answerer === undefined) return this.#end('unexpected-frame', 'refused')
    if (frame.type === 'open') {
      if (frame.topic !== this.#topic) return this.#end('bad-frame', 'not-held')
      this.#stage = 'searching'
      this.#mode = frame.mode
    }
    this.#check(this.#answerer.handle(frame))
  }

  #check(reason: EndReason | undefined): void {
    if (reason !== undefined) this.#end(reason, 'refused')
  }

  /** Goes on to the next stage where the last is over, and gives out what there is. */
  #flush(): readonly SessionOutput[] {
    if (!this.#ended && this.#stage === 'searching' && this.#finder?.found === true) {
      this.#stage = 'telling'
      this.#telling = this.#tell()
    }
    if (!this.#ended && this.#stage === 'searching' && this.#answerer?.told === true)
      this.#fetch(this.#answerer.lacking)
    const isOver = this.#stage === 'fetching' && this.#telling === undefined && this.#requester.idle
    if (!this.#ended && isOver && !this.#endSent) {
      this.#endSent = true
      this.#send({ type: 'end', code: 'done' })
    }
    if (this.#endSent && this.#endReceived && !this.#provider.serving) this.#over('done')
    return this.#outputs.splice(0)
  }

  /** Tells the peer what it lacks; what we lack is asked for at once. */
  *#tell(): Generator<void> {
    const { extra } = this.#finder!.difference
    let from = firstBound
    for (;;) {
      const keys = extra.first(packedKeysMax, { from, to: lastBound })
      const last = keys.length < packedKeysMax
      this.#send({ type: 'have', keys, last })
      if (last) break
      from = boundPast(keys.time(keys.length - 1), keys.id(keys.length - 1))
      yield
    }
    if (this.#mode === 'sync') {
      this.#report()
      this.#fetch(this.#finder!.difference.lacking)
    }
  }

  #refused(keys: KeyList, last: boolean): void {
    if (this.#mode !== 'verify' || this.#finder === undefined || this.#stage !== 'telling') {
      return this.#end('unexpected-frame', 'refused')
    }
    const { extra } = this.#finder.difference
    for (let at = 0; at < keys.length; at++) {
      if (!extra.delete(keys.time(at), keys.id(at))) return this.#end('unrequested', 'refused')
      this.#refusedByPeer++
    }
    if (!last) return
    this.#report()
    this.#stage = 'fetching'
  }

  #report(): void {
    const report = this.#finder!.report()
    const lackedByPeer = { ...report.lackedByPeer, refused: this.#refusedByPeer }
    this.#outputs.push({ type: 'report', report: { ...report, lackedByPeer } })
  }

  #fetch(lacking: KeySet): void {
    this.#stage = 'fetching'
    if (this.#mode === 'verify') return
    this.#requester.begin(lacking)
    this.#requester.next()
  }

  #peerEnded(code: EndCode): void {
    const isEarly = this.#stage === 'new' || (this.#stage === 'searching' && this.#finder !== undefined)
    if (code === 'done' && (this.#endReceived || isEarly)) this.#end('unexpected-frame', 'refused')
    else if (code === 'done') this.#endReceived = true
    else this.#over(code === 'closed' ? 'peer-closed' : code === 'refused' ? 'peer-refused' : code)
  }

  #end(reason: EndReason, code: EndCode): void {
    if (this.#ended) return
    this.#send({ type: 'end', code })
    this.#over(reason)
  }

  #over(reason: EndReason): void {
    if (this.#ended) return
    this.#ended = true
    this.#outputs.push({ type: 'ended', reason })
  }

  #send(frame: Frame): void {
    const bytes = encodeFrame(frame)
    this.#count('sent', bytes.length)
    if (frame.type === 'records') this.#cost.recordBytesSent += bytes.length
    this.#outputs.push({ type: 'send', frame: bytes })
  }

  #count(direction: 'sent' | 'received', bytes: number): void {
    if (direction === 'sent') this.#cost.bytesSent += bytes
    else this.#cost.bytesReceived += bytes
    if (this.#direction === 'sent' && direction === 'received') this.#cost.turns++
    this.#direction = direction
  }
}

function bounded(name: string, value: number, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) throw argumentError(name, `${min} to ${max}`, value)
  return value
}
