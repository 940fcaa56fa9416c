import { Difference, isInRange, type IsRefused } from './difference.ts'
import { type Frame, frameSymbolsMax, type Probe } from './frame.ts'
import { boundAt, type KeyList, type KeyRange, putWord, wordAt } from './key.ts'
import type { Part, RangeSummary } from './key-range.ts'
import { RangeSearch } from './range-search.ts'
import type { EndReason, SessionMode, SessionReport } from './session-output.ts'
import type { SetIndex } from './set-index.ts'
import { SketchDecoder, symbolSize } from './sketch-decoder.ts'

/** What a search needs to know; see SessionOptions. */
export interface FinderOptions {
  readonly index: SetIndex
  readonly topic: string
  readonly mode: SessionMode
  readonly floor: number
  readonly end: number
  readonly keysMax: number
  readonly isRefused: IsRefused
  readonly send: (frame: Frame) => void
}

/** Bytes on the wire that a key costs in a list: its id, and the difference of its time. */
const listedKeySize = 20

/**
 * Symbols asked for, for each difference expected: 1.4 to 1.7 are needed, and an estimate from 32 symbols is a quarter
 * off, one from 1,024 a twentieth. More would cost bytes, fewer a round trip now and then.
 */
const symbolsPerDifference = 2.5
const symbolsPerDifferenceSurely = 1.6

/** Symbols that tell the number of differences to a twentieth. */
const surveySymbols = 1024

/** Symbols looked at in one slice: 2 to 5 ms. */
const sliceSymbols = 2000

/**
 * The search of the side that opened a session: asks, and finds what differs. First with the symbols of the summary,
 * then by what costs the fewest bytes: more symbols, a list of the newest keys, or a search by ranges.
 */
export class Finder {
  readonly difference: Difference
  readonly #options: FinderOptions
  readonly #search: RangeSearch
  #stage: 'opened' | 'symbols' | 'ranges' | 'found' = 'opened'
  #decoder: SketchDecoder | undefined = undefined
  /** Symbols that the peer can give, and those asked for so far. */
  #symbolsMax = 0
  #symbolsAsked = 0
  #parts: readonly Part[] = []
  #probe: Probe = { index: 0, symbol: new Uint8Array(0) }
  /** Keys that the decoder found and that went into the difference. */
  #gathered = 0
  #range: KeyRange = { from: boundAt(0), to: boundAt(0) }
  #own: RangeSummary = { count: 0, sum: new Uint8Array(16) }
  #peer: RangeSummary = { count: 0, sum: new Uint8Array(16) }
  #equal = false

  constructor(options: FinderOptions) {
    this.#options = options
    this.difference = new Difference(options.keysMax, options.isRefused)
    this.#search = new RangeSearch(options.index, this.difference)
  }

  /** Whether the search is over. */
  get found(): boolean {
    return this.#stage === 'found'
  }

  /** Whether `advance` has something to do. */
  get busy(): boolean {
    return this.#stage === 'symbols' ? this.#isDecoding() : this.#stage === 'ranges' && this.#search.busy
  }

  open(): void {
    const { topic, mode, floor, end } = this.#options
    this.#options.send({ type: 'open', topic, mode, floor, end })
  }

  /** Takes an answer; what is wrong with it, or undefined. */
  handle(frame: Frame): EndReason | undefined {
    if (frame.type === 'summary' && this.#stage === 'opened') return this.#summary(frame)
    if (frame.type === 'symbols' && this.#stage === 'symbols') return this.#symbols(frame.symbols)
    if (this.#stage !== 'ranges' || this.#search.question !== frame.type) return 'unexpected-frame'
    if (frame.type === 'parts' && !this.#search.parts(frame.parts)) return 'bad-frame'
    if (frame.type === 'keys' && !this.#search.keys(frame.keys, frame.last)) return 'bad-frame'
    this.#askRanges()
    return undefined
  }

  /** One slice of work. */
  advance(): void {
    if (this.#stage === 'ranges') {
      this.#search.advance()
      return this.#askRanges()
    }
    const decoder = this.#decoder
    if (this.#stage !== 'symbols' || decoder === undefined) return
    if (decoder.busy) decoder.advance(sliceSymbols)
    if (decoder.busy || decoder.count < this.#symbolsAsked) return
    if (decoder.complete && this.#isExplained(decoder)) return this.#gather(decoder)
    this.#decide(decoder)
  }

  report(): SessionReport {
    const { lacking, extra, refused, complete } = this.difference
    const { from, to } = this.#range
    return {
      from: from.time,
      end: to.time,
      own: this.#own,
      peer: this.#peer,
      equal: this.#equal,
      complete,
      lackedByUs: { missing: lacking.count, refused, spans: lacking.spans() },
      lackedByPeer: { missing: extra.count, refused: 0, spans: extra.spans() },
    }
  }

  #summary(frame: Frame & { readonly type: 'summary' }): EndReason | undefined {
    const { index, floor, end } = this.#options
    const { from, parts, symbolsMax, symbols, probe } = frame
    if (from < floor || frame.end > Math.max(end, from) || (parts.length > 0 && !startsAt(parts[0]!, from, frame.end)))
      return 'bad-frame'
    this.#range = { from: boundAt(from), to: boundAt(Math.max(from, frame.end)) }
    this.#own = index.summary(this.#range)
    this.#peer = total(parts)
    this.#parts = parts
    this.#probe = probe
    this.#symbolsMax = symbolsMax
    this.#symbolsAsked = symbols.length / symbolSize
    const sketch = symbols.length === 0 ? undefined : index.rangeSketch(this.#range)
    this.#equal = areEqual(this.#own, this.#peer)
    if (sketch === undefined) {
      if (this.#equal) this.#stage = 'found'
      else this.#searchRanges()
      return undefined
    }
    this.#stage = 'symbols'
    this.#decoder = new SketchDecoder(sketch)
    this.#decoder.add(symbols)
    this.advance()
    return undefined
  }

  #symbols(symbols: Uint8Array): EndReason | undefined {
    const decoder = this.#decoder!
    const count = symbols.length / symbolSize
    if (decoder.count + count > this.#symbolsAsked) return 'unexpected-frame'
    const isLast = decoder.count + count === this.#symbolsAsked
    if (!isLast && count < frameSymbolsMax) return 'bad-frame'
    decoder.add(symbols)
    this.advance()
    return undefined
  }

  /** Goes on after symbols that were too few. */
  #decide(decoder: SketchDecoder): void {
    const expected = decoder.estimate()
    const rest = this.#differing()
    const listed = rest.reduce((sum, { count }) => sum + count, 0)
    // The first estimate is rough: before many symbols are asked for, some more make it better.
    const isRough = decoder.count < surveySymbols && expected > surveySymbols
    const isMissed = decoder.complete
    const perDifference = decoder.count < surveySymbols ? symbolsPerDifference : symbolsPerDifferenceSurely
    const wanted =
      isRough || isMissed
        ? Math.max(surveySymbols, decoder.count * 4)
        : Math.max(decoder.count * 1.5, expected * perDifference)
    const target = Math.min(this.#symbolsMax, Math.ceil(wanted))
    const isFeasible = !decoder.failed && target > decoder.count && expected < this.#symbolsMax * (isRough ? 1.3 : 0.8)
    const symbolBytes = (target - decoder.count) * symbolSize + expected * listedKeySize
    if (!isFeasible || (listed > 0 && listed * listedKeySize < symbolBytes)) return this.#searchRanges()
    this.#symbolsAsked = target
    this.#options.send({ type: 'ask-symbols', to: target })
  }

  #isExplained(decoder: SketchDecoder): boolean {
    return decoder.explains(this.#probe.index, this.#probe.symbol)
  }

  /** The parts of the summary in which we have other keys. */
  #differing(): readonly (RangeSummary & { readonly range: KeyRange })[] {
    return this.#parts
      .map((part, at) => ({
        range: { from: part.from, to: this.#parts[at + 1]?.from ?? this.#range.to },
        count: part.count,
        sum: part.sum,
      }))
      .filter(({ range, ...part }) => !areEqual(this.#options.index.summary(range), part))
  }

  #searchRanges(): void {
    this.#stage = 'ranges'
    this.#decoder = undefined
    const differing = this.#differing()
    // Equal sums of sets whose symbols differ: somebody chose ids to that end, and only symbols can tell.
    if (this.#equal && differing.length === 0) this.difference.complete = false
    this.#equal = false
    const listed = differing.reduce((sum, { count }) => sum + count, 0)
    const isCheap = listed <= listedAtOnceMax
    for (const { range, ...part } of differing) this.#search.add(range, part, isCheap)
    if (this.#parts.length === 0) this.#search.add(this.#range, undefined)
    this.#askRanges()
  }

  #askRanges(): void {
    if (this.#search.question !== undefined || this.#search.busy) return
    const question = this.#search.ask()
    if (question === undefined) this.#stage = 'found'
    else this.#options.send(question)
  }

  #isDecoding(): boolean {
    const decoder = this.#decoder!
    return decoder.busy || (decoder.complete && decoder.count === this.#symbolsAsked)
  }

  /** Takes some of what the decoder found into the difference; then the search is over. */
  #gather({ ours, theirs }: SketchDecoder): void {
    const { index } = this.#options
    const isOurs = (keys: KeyList, at: number): boolean =>
      isInRange(keys.time(at), keys.id(at), this.#range) && index.has(keys.time(at), keys.id(at))
    const end = Math.min(ours.length + theirs.length, this.#gathered + sliceSymbols)
    for (; this.#gathered < end; this.#gathered++) {
      const at = this.#gathered - ours.length
      if (at < 0) {
        if (isOurs(ours, this.#gathered)) this.difference.have(ours.time(this.#gathered), ours.id(this.#gathered))
      } else if (isInRange(theirs.time(at), theirs.id(at), this.#range) && !isOurs(theirs, at)) {
        this.difference.lack(theirs.time(at), theirs.id(at))
      }
    }
    if (end < ours.length + theirs.length) return
    // Sums that differ though no symbol does: keys chosen so that all of them together show nothing.
    if (end === 0 && this.#differing().length > 0) return this.#searchRanges()
    this.#equal = this.#equal && end === 0
    this.#stage = 'found'
  }
}

/** Keys that are listed instead of searched by ranges, if symbols do not help. */
const listedAtOnceMax = 16_384

function startsAt(part: Part, from: number, end: number): boolean {
  return part.from.time === from && part.from.id.length === 0 && from < end
}

function areEqual(a: RangeSummary, b: RangeSummary): boolean {
  return a.count === b.count && a.sum.every((byte, at) => byte === b.sum[at])
}

/** Of parts side by side. */
function total(parts: readonly Part[]): RangeSummary {
  const sum = new Uint8Array(16)
  let count = 0
  for (const part of parts) {
    count += part.count
    for (let word = 0; word < 16; word += 4) putWord(sum, word, (wordAt(sum, word) + wordAt(part.sum, word)) >>> 0)
  }
  return { count, sum }
}
