import { decodeUtf8 } from '../text.ts'
import { WireReader } from '../wire.ts'
import {
  endCodes,
  type Frame,
  framePartsMax,
  frameRangesMax,
  frameSizeMax,
  frameSymbolsMax,
  frameTypes,
  type RecordPiece,
  recordSizeMax,
  summaryPartsMax,
} from './frame.ts'
import { reconcileVersion } from './frame-encode.ts'
import { type Bound, compareBounds, keyIdSize, KeyList, type KeyRange } from './key.ts'
import type { Part } from './key-range.ts'
import { packedKeysMax, unpackKeys } from './packed.ts'
import { sketchSymbolsMax } from './sketch.ts'
import { symbolSize } from './sketch-decoder.ts'

const anySize = { min: 0, max: frameSizeMax }
const someBytes = { min: 1, max: frameSizeMax }
const idRange = { min: 1, max: keyIdSize }
const sumRange = { min: 16, max: 16 }
const topicRange = { min: 1, max: 256 }
const symbolsRange = { min: symbolSize, max: frameSymbolsMax * symbolSize }
const symbolRange = { min: symbolSize, max: symbolSize }
const partRange = { min: 0, max: 64 }
const noBytes = new Uint8Array(0)

/**
 * Reads a frame from a peer. Never throws. Accepts exactly the canonical bytes. Work and memory are linear in the input;
 * byte arrays in the result are views of it. Undefined for anything else; `unknown-version` for an opening of a version
 * that is not ours, whatever else it holds.
 */
export function decodeFrame(bytes: Uint8Array): Frame | 'unknown-version' | undefined {
  if (bytes.length > frameSizeMax) return undefined
  const reader = new WireReader(bytes)
  for (const [index, type] of frameTypes.entries()) {
    const [content] = reader.repeated(index + 1, anySize, 1)
    if (content !== undefined) return reader.end() ? decodeContent(type, new WireReader(content)) : undefined
  }
  return undefined
}

function decodeContent(type: Frame['type'], reader: WireReader): Frame | 'unknown-version' | undefined {
  switch (type) {
    case 'open':
      return decodeOpen(reader)
    case 'summary':
      return decodeSummary(reader)
    case 'ask-symbols': {
      const to = reader.varint(1, sketchSymbolsMax)
      return reader.end() && to > 0 ? { type, to } : undefined
    }
    case 'symbols': {
      const symbols = reader.bytes(1, symbolsRange)
      return reader.end() && symbols !== undefined && symbols.length % symbolSize === 0 ? { type, symbols } : undefined
    }
    case 'ask-parts': {
      const parts = reader.varint(1, framePartsMax)
      const ranges = decodeRanges(reader, 2)
      return ranges !== undefined && parts > 1 && parts * ranges.length <= framePartsMax
        ? { type, parts, ranges }
        : undefined
    }
    case 'parts': {
      const parts = decodeParts(reader, 1, framePartsMax)
      return parts !== undefined && reader.end() ? { type, parts } : undefined
    }
    case 'ask-keys': {
      const ranges = decodeRanges(reader, 1)
      return ranges === undefined ? undefined : { type, ranges }
    }
    case 'keys':
    case 'have':
    case 'refused': {
      const keys = decodeKeys(reader)
      const last = reader.varint(2, 1) === 1
      return reader.end() && keys !== undefined && (last || keys.length > 0) ? { type, keys, last } : undefined
    }
    case 'want': {
      const keys = decodeKeys(reader)
      const bytesMax = reader.varint(2)
      return reader.end() && keys !== undefined && keys.length > 0 ? { type, keys, bytesMax } : undefined
    }
    case 'records':
      return decodeRecords(reader)
    case 'end':
      break
  }
  const code = endCodes[reader.varint(1, endCodes.length - 1)]
  return reader.end() && code !== undefined && code !== '' ? { type, code } : undefined
}

function decodeOpen(reader: WireReader): Frame | 'unknown-version' | undefined {
  const version = reader.varint(1)
  if (reader.error === undefined && version > reconcileVersion) return 'unknown-version'
  const topic = decodeUtf8(reader.bytes(2, topicRange) ?? noBytes)
  const mode = reader.varint(3, 1) === 1 ? 'verify' : 'sync'
  const floor = reader.varint(4)
  const end = reader.varint(5)
  if (!reader.end() || version === 0 || topic === undefined || topic === '') return undefined
  return { type: 'open', topic, mode, floor, end }
}

function decodeSummary(reader: WireReader): Frame | undefined {
  const from = reader.varint(1)
  const end = reader.varint(2)
  const parts = decodeParts(reader, 3, summaryPartsMax)
  const symbolsMax = reader.varint(4, sketchSymbolsMax)
  const symbols = reader.bytes(5, symbolsRange) ?? noBytes
  const index = reader.varint(6, sketchSymbolsMax - 1)
  const symbol = reader.bytes(7, symbolRange) ?? noBytes
  if (!reader.end() || parts === undefined || symbols.length % symbolSize !== 0) return undefined
  if (symbols.length > symbolsMax * symbolSize || symbol.length > 0 !== symbols.length > 0) return undefined
  return { type: 'summary', from, end, parts, symbolsMax, symbols, probe: { index, symbol } }
}

/** Parts that begin in ascending order and are not empty. */
function decodeParts(reader: WireReader, field: number, max: number): Part[] | undefined {
  const parts: Part[] = []
  for (const bytes of reader.repeated(field, partRange, max)) {
    const part = new WireReader(bytes)
    const from = decodeBound(part, 1)
    const count = part.varint(3)
    const sum = part.bytes(4, sumRange)
    if (!part.end() || from === undefined || count === 0 || sum === undefined) return undefined
    const before = parts.at(-1)
    if (before !== undefined && compareBounds(before.from, from) >= 0) return undefined
    parts.push({ from, count, sum })
  }
  return reader.error === undefined ? parts : undefined
}

/** The last field of a frame: one range or more, ascending, none empty, none over another. */
function decodeRanges(reader: WireReader, field: number): KeyRange[] | undefined {
  const ranges: KeyRange[] = []
  for (const bytes of reader.repeated(field, partRange, frameRangesMax)) {
    const range = new WireReader(bytes)
    const from = decodeBound(range, 1)
    const to = decodeBound(range, 3)
    if (!range.end() || from === undefined || to === undefined || compareBounds(from, to) >= 0) return undefined
    const before = ranges.at(-1)
    if (before !== undefined && compareBounds(before.to, from) > 0) return undefined
    ranges.push({ from, to })
  }
  return reader.end() && ranges.length > 0 ? ranges : undefined
}

function decodeBound(reader: WireReader, field: number): Bound | undefined {
  const time = reader.varint(field)
  const id = reader.bytes(field + 1, idRange) ?? noBytes
  return id.at(-1) === 0 ? undefined : { time, id }
}

function decodeKeys(reader: WireReader): KeyList | undefined {
  const bytes = reader.bytes(1, { min: 1, max: packedKeysMax * (keyIdSize + 8) })
  return bytes === undefined ? new KeyList(0) : unpackKeys(bytes)
}

function decodeRecords(reader: WireReader): Frame | undefined {
  const pieces: RecordPiece[] = []
  for (const bytes of reader.repeated(1, someBytes, packedKeysMax)) {
    const piece = new WireReader(bytes)
    const keys = piece.bytes(1, someBytes) ?? noBytes
    const content = piece.bytes(2, someBytes) ?? noBytes
    const rest = piece.varint(3, recordSizeMax)
    // A raw payload can be empty; a part of something cannot.
    if (!piece.end() || (content.length === 0 && (keys.length === 0 || rest > 0))) return undefined
    pieces.push({ keys, bytes: content, rest })
  }
  const missing = reader.bytes(2, someBytes) ?? noBytes
  const refused = reader.bytes(3, someBytes) ?? noBytes
  const last = reader.varint(4, 1) === 1
  if (!reader.end() || (pieces.length === 0 && !last)) return undefined
  return { type: 'records', pieces, missing, refused, last }
}
