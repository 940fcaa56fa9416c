import { concatBytes } from '../bytes.ts'
import type { KeySet } from './difference.ts'
import { type Frame, type RecordPiece, recordSizeMax } from './frame.ts'
import { type Bound, KeyList } from './key.ts'
import { unpackIndexes } from './packed.ts'
import type { EndReason, SessionOutput } from './session-output.ts'
import type { SetIndex } from './set-index.ts'

/** How much is asked for at once. */
export interface RequesterOptions {
  readonly index: SetIndex
  readonly wantKeysMax: number
  readonly wantBytesMax: number
  readonly emit: (output: SessionOutput) => void
  readonly send: (frame: Frame) => void
}

/** Fetches the records of keys that we lack, some at a time, and lets nothing through that was not asked for. */
export class Requester {
  readonly #options: RequesterOptions
  #lacking: KeySet | undefined = undefined
  /** Keys asked for, and whether each was answered. */
  #asked: KeyList = new KeyList(0)
  #answered: boolean[] = []
  #bytes = 0
  #seeking = false
  /** The record that goes on in the next frame. */
  #partial: { readonly keys: readonly number[]; readonly pieces: Uint8Array[]; rest: number } | undefined = undefined

  constructor(options: RequesterOptions) {
    this.#options = options
  }

  /** Whether an answer is under way. */
  get waiting(): boolean {
    return this.#asked.length > 0
  }

  /** Whether there is nothing to ask for. */
  get idle(): boolean {
    return !this.waiting && (this.#lacking === undefined || this.#lacking.count === 0)
  }

  /** Sets what to ask for; answered keys are taken out of it. */
  begin(lacking: KeySet): void {
    this.#lacking = lacking
  }

  /** A key need not be asked for: it comes with another. */
  skip(time: number, id: Uint8Array): void {
    this.#lacking?.delete(time, id)
  }

  /** Whether `advance` has something to do. */
  get busy(): boolean {
    return this.#seeking
  }

  /** Asks for the next keys. */
  next(): void {
    this.#seeking = !this.waiting && this.#lacking !== undefined && this.#lacking.count > 0
    if (this.#seeking) this.advance()
  }

  /** One slice of work: asks for the first keys, except those that came in another way. */
  advance(): void {
    const { index, wantKeysMax, wantBytesMax, send } = this.#options
    const lacking = this.#lacking!
    const first = lacking.first(wantKeysMax)
    const asked = new KeyList()
    for (let at = 0; at < first.length; at++) {
      const [time, id] = [first.time(at), first.id(at)]
      if (index.has(time, id) || time < index.floor) lacking.delete(time, id)
      else asked.push(time, id)
    }
    this.#seeking = asked.length === 0 && lacking.count > 0
    if (asked.length === 0) return
    this.#asked = asked
    this.#answered = Array.from({ length: asked.length }, () => false)
    this.#bytes = 0
    send({ type: 'want', keys: asked, bytesMax: wantBytesMax })
  }

  /** Takes an answer; what is wrong with it, or undefined. */
  handle(frame: Frame & { readonly type: 'records' }): EndReason | undefined {
    if (!this.waiting) return 'unrequested'
    for (const piece of frame.pieces) {
      const reason = this.#piece(piece)
      if (reason !== undefined) return reason
    }
    const missing = unpackIndexes(frame.missing, this.#asked.length)
    const refused = unpackIndexes(frame.refused, this.#asked.length)
    if (missing === undefined || refused === undefined) return 'bad-frame'
    if (!frame.last) return missing.length + refused.length === 0 ? undefined : 'bad-frame'
    if (this.#partial !== undefined) return 'bad-frame'
    if (!this.#answer(missing) || !this.#answer(refused)) return 'unrequested'
    // Nothing at all would go on for ever.
    if (!this.#answered.includes(true)) return 'bad-frame'
    const [missingKeys, refusedKeys] = [this.#keysAt(missing), this.#keysAt(refused)]
    this.#asked = new KeyList(0)
    this.#options.emit({ type: 'answered', missing: missingKeys, refused: refusedKeys })
    return undefined
  }

  #piece(piece: RecordPiece): EndReason | undefined {
    this.#bytes += piece.bytes.length
    if (this.#bytes > this.#options.wantBytesMax + recordSizeMax) return 'over-budget'
    const partial = this.#partial
    if (partial !== undefined) {
      if (piece.keys.length > 0 || piece.rest !== partial.rest - piece.bytes.length) return 'bad-frame'
      partial.pieces.push(piece.bytes.slice())
      partial.rest = piece.rest
      if (partial.rest > 0) return undefined
      this.#partial = undefined
      this.#record(partial.keys, concatBytes(...partial.pieces))
      return undefined
    }
    const keys = unpackIndexes(piece.keys, this.#asked.length)
    if (keys === undefined || keys.length === 0) return 'bad-frame'
    if (piece.bytes.length + piece.rest > recordSizeMax) return 'over-budget'
    if (!this.#answer(keys)) return 'unrequested'
    if (piece.rest > 0) this.#partial = { keys, pieces: [piece.bytes.slice()], rest: piece.rest }
    else this.#record(keys, piece.bytes.slice())
    return undefined
  }

  #record(keys: readonly number[], bytes: Uint8Array): void {
    this.#options.emit({ type: 'record', keys: this.#keysAt(keys), bytes })
  }

  /** False if one of them was answered before. */
  #answer(indexes: readonly number[]): boolean {
    for (const index of indexes) {
      if (this.#answered[index]!) return false
      this.#answered[index] = true
      const { time, id }: Bound = this.#asked.bound(index)
      this.#lacking!.delete(time, id)
    }
    return true
  }

  #keysAt(indexes: readonly number[]): KeyList {
    const keys = new KeyList(indexes.length)
    for (const index of indexes) keys.push(this.#asked.time(index), this.#asked.id(index))
    return keys
  }
}
