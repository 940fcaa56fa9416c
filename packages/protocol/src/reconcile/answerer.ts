import type { IsRefused } from './difference.ts'
import { KeySet } from './difference.ts'
import { askedPartsMax, type Frame, frameSymbolsMax, listedKeysMax, type Probe, questionsMax } from './frame.ts'
import { boundAt, boundPast, KeyList, type KeyRange, putWord } from './key.ts'
import { packedKeysMax } from './packed.ts'
import type { EndReason, SessionMode } from './session-output.ts'
import type { SetIndex } from './set-index.ts'
import { sketchSymbolsMax, type SymbolSource, symbolWords } from './sketch.ts'
import { symbolSize } from './sketch-decoder.ts'

/** What an answerer needs to know; see SessionOptions. */
export interface AnswererOptions {
  readonly index: SetIndex
  readonly floor: number
  readonly end: number
  readonly keysMax: number
  readonly isRefused: IsRefused
  /** 32 bits. */
  readonly random: number
  readonly send: (frame: Frame) => void
}

/** Symbols in a summary: they find up to 20 differences, and tell how many more there are. */
const firstSymbols = 32

/** The newest keys that are a part of their own in a summary; the parts before it each hold twice as many. */
const newestPart = 16

/** The side that answers a search: keeps a copy of the symbols and nothing else. */
export class Answerer {
  /** Keys that we lack, as the peer said; those that we refused are not among them. */
  readonly lacking: KeySet = new KeySet()
  /** The peer has said all that we lack. */
  told = false
  mode: SessionMode = 'sync'
  readonly #options: AnswererOptions
  #range: KeyRange | undefined = undefined
  #sketch: SymbolSource | undefined = undefined
  #symbolsSent = 0
  #questions = 0
  #listedKeys = 0
  #parts = 0
  /** Work of the question under way. */
  #work: Generator<void> | undefined = undefined

  constructor(options: AnswererOptions) {
    this.#options = options
  }

  /** Whether `advance` has something to do. */
  get busy(): boolean {
    return this.#work !== undefined
  }

  /** Takes a question; what is wrong with it, or undefined. */
  handle(frame: Frame): EndReason | undefined {
    if (frame.type === 'open') return this.#range === undefined ? this.#open(frame) : 'unexpected-frame'
    if (this.#range === undefined || this.told) return 'unexpected-frame'
    if (frame.type === 'have') return this.#have(frame.keys, frame.last)
    if (this.#work !== undefined) return 'unexpected-frame'
    if (++this.#questions > questionsMax) return 'over-budget'
    if (frame.type === 'ask-symbols') return this.#askSymbols(frame.to)
    if (frame.type === 'ask-parts') return this.#askParts(frame.ranges, frame.parts)
    if (frame.type === 'ask-keys') {
      this.#start(this.#listKeys(frame.ranges))
      return undefined
    }
    return 'unexpected-frame'
  }

  /** One slice of work. */
  advance(): EndReason | undefined {
    if (this.#work?.next().done === true) this.#work = undefined
    return this.#listedKeys > listedKeysMax ? 'over-budget' : undefined
  }

  #start(work: Generator<void>): void {
    this.#work = work
    this.advance()
  }

  #open(frame: Frame & { readonly type: 'open' }): undefined {
    const { index, floor, end, send } = this.#options
    this.mode = frame.mode
    const from = Math.max(frame.floor, floor)
    const to = Math.max(from, Math.min(frame.end, end))
    this.#range = { from: boundAt(from), to: boundAt(to) }
    const { count } = index.summary(this.#range)
    const ranks: number[] = []
    for (let size = newestPart; size < count; size *= 2) ranks.unshift(count - size)
    this.#sketch = index.rangeSketch(this.#range)
    const symbolsMax = this.#sketch === undefined ? 0 : sketchSymbolsMax
    const parts = index.parts(this.#range, ranks)
    const symbols = this.#nextSymbols(firstSymbols)
    send({ type: 'summary', from, end: to, parts, symbolsMax, symbols, probe: this.#probe() })
  }

  #askSymbols(to: number): EndReason | undefined {
    if (this.#sketch === undefined || to <= this.#symbolsSent) return 'unexpected-frame'
    this.#start(this.#sendSymbols(to))
    return undefined
  }

  *#sendSymbols(to: number): Generator<void> {
    while (this.#symbolsSent < to) {
      this.#options.send({
        type: 'symbols',
        symbols: this.#nextSymbols(Math.min(to - this.#symbolsSent, frameSymbolsMax)),
      })
      yield
    }
  }

  #nextSymbols(count: number): Uint8Array {
    const bytes = this.#symbols(this.#symbolsSent, count)
    this.#symbolsSent += count
    return bytes
  }

  /**
   * A symbol at random, as likely among 100 to 200 as among 1,000 to 2,000: for sets with equal sums whose keys were
   * chosen to lie in no symbol of the summary but the first.
   */
  #probe(): Probe {
    if (this.#sketch === undefined) return { index: 0, symbol: this.#symbols(0, 0) }
    const index = Math.floor(firstSymbols * (sketchSymbolsMax / firstSymbols) ** (this.#options.random / 2 ** 32))
    return { index, symbol: this.#symbols(index, 1) }
  }

  #symbols(first: number, count: number): Uint8Array {
    if (this.#sketch === undefined) return new Uint8Array(0)
    const bytes = new Uint8Array(count * symbolSize)
    const isOne = count === 1
    const words = isOne ? this.#sketch.symbolAt(first) : this.#sketch.upTo(first + count)
    const from = isOne ? 0 : first * symbolWords
    for (let at = 0; at < count * symbolWords; at++) putWord(bytes, at * 4, words[from + at]!)
    return bytes
  }

  #askParts(ranges: readonly KeyRange[], partCount: number): EndReason | undefined {
    this.#parts += ranges.length * partCount
    if (this.#parts > askedPartsMax) return 'over-budget'
    const parts = ranges.flatMap((range) => {
      const { count } = this.#options.index.summary(range)
      const ranks = Array.from({ length: partCount - 1 }, (_, at) => Math.floor((count * (at + 1)) / partCount))
      return this.#options.index.parts(range, ranks)
    })
    this.#options.send({ type: 'parts', parts })
    return undefined
  }

  *#listKeys(ranges: readonly KeyRange[]): Generator<void> {
    let list = new KeyList()
    for (const range of ranges) {
      let { from } = range
      for (;;) {
        const keys = this.#options.index.keys({ from, to: range.to }, packedKeysMax - list.length)
        for (let at = 0; at < keys.length; at++) list.push(keys.time(at), keys.id(at))
        if (list.length < packedKeysMax) break
        from = boundPast(keys.time(keys.length - 1), keys.id(keys.length - 1))
        this.#listedKeys += list.length
        this.#options.send({ type: 'keys', keys: list, last: false })
        list = new KeyList()
        yield
      }
    }
    this.#listedKeys += list.length
    this.#options.send({ type: 'keys', keys: list, last: true })
  }

  #have(keys: KeyList, last: boolean): EndReason | undefined {
    const { index, isRefused, keysMax, send } = this.#options
    const refused = new KeyList()
    for (let at = 0; at < keys.length; at++) {
      const [time, id] = [keys.time(at), keys.id(at)]
      if (time < index.floor || index.has(time, id)) continue
      if (isRefused(time, id)) refused.push(time, id)
      else if (this.lacking.count < keysMax) this.lacking.add(time, id)
    }
    if (this.mode === 'verify') send({ type: 'refused', keys: refused, last })
    this.told = last
    return undefined
  }
}
