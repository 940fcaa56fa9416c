import { keyOf16 } from '../bytes.ts'
import { coordinateSize } from '../coordinate/coordinate.ts'
import { WireReader } from '../wire.ts'
import { entrySizeMax, stateVersionMax } from './entry.ts'
import { type Delta, type Mark, markSize, rangesMax, type StateFrame, stateFrameSizeMax } from './frame.ts'
import { readNumber } from './number.ts'

const anySize = { min: 1, max: stateFrameSizeMax }
const keyRange = { min: 32, max: 32 }
const signatureRange = { min: 64, max: 64 }
const entryRange = { min: 1, max: entrySizeMax }
const wordsRange = { min: 8, max: 8 * rangesMax }
const coveredRange = { min: 2, max: 2 * rangesMax }
const placeRange = { min: coordinateSize, max: coordinateSize }
const marksRange = { min: markSize, max: 16_384 }
const word = 2 ** 32 - 1
const noBytes = new Uint8Array(0)

/**
 * Reads a frame from a peer. Never throws. Accepts exactly the canonical bytes; undefined for all else. Work and memory are
 * linear in the input; byte arrays in the result are views of it. Checks no signature and no entry.
 */
export function decodeStateFrame(bytes: Uint8Array): StateFrame | undefined {
  if (bytes.length > stateFrameSizeMax) return undefined
  const reader = new WireReader(bytes)
  const exchange = reader.bytes(1, anySize)
  const beat = reader.bytes(2, anySize)
  if (!reader.end() || (exchange === undefined) === (beat === undefined)) return undefined
  return exchange === undefined ? decodeBeat(new WireReader(beat!)) : decodeExchange(new WireReader(exchange))
}

/** Reads a delta, from a peer or from disk. Never throws; undefined for all but the canonical bytes. */
export function decodeDelta(bytes: Uint8Array): Delta | undefined {
  const reader = new WireReader(bytes)
  const owner = reader.bytes(1, keyRange)
  const epoch = reader.varint(2, stateVersionMax)
  const version = reader.varint(3, stateVersionMax)
  const floor = reader.varint(4, version)
  const count = reader.varint(5, word)
  const root = reader.bytes(6, keyRange)
  const signature = reader.bytes(7, signatureRange)
  const from = reader.varint(8, version)
  const entries = reader.repeated(9, entryRange, stateFrameSizeMax)
  const isCut = reader.varint(10, 1) === 1
  if (!reader.end() || owner === undefined || root === undefined || signature === undefined) return undefined
  if (epoch === 0 || version === 0) return undefined
  return { head: { owner, epoch, version, floor, count, root, signature }, from, entries, isCut }
}

function decodeBeat(reader: WireReader): StateFrame | undefined {
  const epoch = reader.varint(1, stateVersionMax)
  const count = reader.varint(2)
  return reader.end() && epoch > 0 && count > 0 ? { type: 'beat', epoch, count } : undefined
}

function decodeExchange(reader: WireReader): StateFrame | undefined {
  const exchange = reader.varint(1, word)
  const step = reader.varint(2, 4)
  const split = reader.varint(3, rangesMax)
  const words = reader.bytes(4, wordsRange) ?? noBytes
  const covered = unpackIndexes(reader.bytes(5, coveredRange) ?? noBytes, split)
  const marks = unpackMarks(reader.bytes(6, marksRange) ?? noBytes)
  const parts = reader.repeated(7, anySize, stateFrameSizeMax)
  const place = reader.bytes(8, placeRange)
  if (!reader.end() || exchange === 0 || step === 0 || covered === undefined || marks === undefined) return undefined
  // Powers of two only; fingerprints are those of all ranges, and open an exchange.
  if ((split & (split - 1)) !== 0) return undefined
  if (place !== undefined && step !== 2) return undefined
  if (words.length > 0 && (step !== 1 || words.length !== 8 * split)) return undefined
  if (split > 0 && words.length === 0 && covered.length === 0) return undefined
  const deltas: Delta[] = []
  for (const part of parts) {
    const delta = decodeDelta(part)
    if (delta === undefined) return undefined
    deltas.push(delta)
  }
  const fingerprints = new Uint32Array(words.length / 4)
  for (let index = 0; index < fingerprints.length; index++) fingerprints[index] = readNumber(words, 4 * index, 4)
  const frame = { type: 'exchange' as const, exchange, step, split, fingerprints, covered, marks, deltas }
  return place === undefined ? frame : { ...frame, place }
}

function unpackIndexes(bytes: Uint8Array, split: number): number[] | undefined {
  if (bytes.length % 2 !== 0) return undefined
  const indexes: number[] = []
  for (let at = 0; at < bytes.length; at += 2) {
    const index = readNumber(bytes, at, 2)
    if (index >= split || index <= (indexes.at(-1) ?? -1)) return undefined
    indexes.push(index)
  }
  return indexes
}

function unpackMarks(bytes: Uint8Array): Mark[] | undefined {
  if (bytes.length % markSize !== 0) return undefined
  const marks: Mark[] = []
  let before = ''
  for (let at = 0; at < bytes.length; at += markSize) {
    const id = keyOf16(bytes, at)
    if (at > 0 && id <= before) return undefined
    before = id
    const epoch = readNumber(bytes, at + 16, 6)
    const version = readNumber(bytes, at + 22, 6)
    marks.push({ id, epoch, version, tag: readNumber(bytes, at + 28, 4) })
  }
  return marks
}
