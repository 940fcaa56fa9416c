import { argumentError } from '../error.ts'
import { type Frame, frameSizeMax, type RecordPiece, recordSizeMax } from './frame.ts'
import type { KeyList } from './key.ts'
import { packIndexes } from './packed.ts'
import type { EndReason, SessionOutput, StoredRecord } from './session-output.ts'

/** Bytes of a frame that are left for records beside the lists of missing and refused keys and all headers. */
const contentSizeMax = frameSizeMax - 6144

/** What one session gives in all. */
export interface ProviderOptions {
  readonly keysMax: number
  readonly emit: (output: SessionOutput) => void
  readonly send: (frame: Frame) => void
}

/** Gives the peer the records that it wants, one want at a time. */
export class Provider {
  readonly #options: ProviderOptions
  #wanted: KeyList | undefined = undefined
  #bytesMax = 0
  #keysWanted = 0
  #work: Generator<void> | undefined = undefined

  constructor(options: ProviderOptions) {
    this.#options = options
  }

  /** Whether `advance` has something to do. */
  get busy(): boolean {
    return this.#work !== undefined
  }

  /** Whether a want is being answered. */
  get serving(): boolean {
    return this.#wanted !== undefined || this.busy
  }

  handle(frame: Frame & { readonly type: 'want' }): EndReason | undefined {
    if (this.serving) return 'unexpected-frame'
    this.#keysWanted += frame.keys.length
    // Twice: what did not fit is asked for again.
    if (this.#keysWanted > 2 * this.#options.keysMax) return 'over-budget'
    this.#wanted = frame.keys
    this.#bytesMax = frame.bytesMax
    this.#options.emit({ type: 'load', keys: frame.keys })
    return undefined
  }

  /** The host's answer to `load`. Throws `argument` for what no record can be. */
  loaded(records: readonly StoredRecord[], refused: readonly number[]): void {
    const wanted = this.#wanted
    if (wanted === undefined) return
    for (const { keys, bytes } of records) {
      if (bytes.length > recordSizeMax) throw argumentError('bytes', 'at most 1 MiB', bytes.length)
      const isOfWanted = keys.length > 0 && keys.every((key) => key >= 0 && key < wanted.length)
      if (!isOfWanted) throw argumentError('keys', `indexes of 0 to ${wanted.length - 1}, one or more`, keys.join())
    }
    this.#wanted = undefined
    this.#work = this.#give(wanted.length, records, refused)
    this.advance()
  }

  /** One slice of work: one frame. */
  advance(): void {
    if (this.#work?.next().done === true) this.#work = undefined
  }

  *#give(count: number, records: readonly StoredRecord[], refused: readonly number[]): Generator<void> {
    const answered = new Set(refused)
    const later = new Set<number>()
    let pieces: RecordPiece[] = []
    let room = contentSizeMax
    let bytesLeft = this.#bytesMax
    for (const [place, { keys, bytes }] of records.entries()) {
      if (place > 0 && bytes.length > bytesLeft) {
        for (const key of keys) later.add(key)
        continue
      }
      bytesLeft -= bytes.length
      let packed = packIndexes(keys)
      for (const key of keys) answered.add(key)
      for (let from = 0, isFirst = true; isFirst || from < bytes.length; isFirst = false) {
        // A record that fits into a frame is not cut.
        const overhead = packed.length + 12
        if (room < overhead + Math.min(bytes.length - from, contentSizeMax - overhead)) {
          this.#options.send(recordsFrame(pieces))
          yield
          pieces = []
          room = contentSizeMax
        }
        const piece = bytes.subarray(from, from + Math.min(room - overhead, bytes.length - from))
        from += piece.length
        pieces.push({ keys: packed, bytes: piece, rest: bytes.length - from })
        room -= piece.length + overhead
        packed = packed.subarray(0, 0)
      }
    }
    const missing: number[] = []
    for (let key = 0; key < count; key++) if (!answered.has(key) && !later.has(key)) missing.push(key)
    this.#options.send({
      ...recordsFrame(pieces),
      missing: packIndexes(missing),
      refused: packIndexes(refused),
      last: true,
    })
  }
}

function recordsFrame(pieces: readonly RecordPiece[]): Frame & { readonly type: 'records' } {
  const none = new Uint8Array(0)
  return { type: 'records', pieces, missing: none, refused: none, last: false }
}
