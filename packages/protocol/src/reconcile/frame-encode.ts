import { encodeUtf8 } from '../text.ts'
import { Fields } from '../wire-fields.ts'
import { type Frame, endCodes, frameTypes } from './frame.ts'
import type { Bound, KeyRange } from './key.ts'
import type { Part } from './key-range.ts'
import { packKeys } from './packed.ts'

/** The version of these messages. */
export const reconcileVersion = 1

/** A frame in its one form (docs/protocol.md). The caller keeps to the bounds in frame.ts. */
export function encodeFrame(frame: Frame): Uint8Array {
  const field = frameTypes.indexOf(frame.type) + 1
  return new Fields().bytes(field, contentOf(frame).finish()).finish()
}

function contentOf(frame: Frame): Fields {
  const fields = new Fields()
  switch (frame.type) {
    case 'open':
      fields
        .varint(1, reconcileVersion)
        .bytes(2, encodeUtf8(frame.topic))
        .varint(3, frame.mode === 'verify' ? 1 : 0)
      return fields.varint(4, frame.floor).varint(5, frame.end)
    case 'summary':
      fields.varint(1, frame.from).varint(2, frame.end)
      for (const part of frame.parts) fields.bytes(3, partBytes(part))
      fields.varint(4, frame.symbolsMax).optional(5, frame.symbols)
      return fields.varint(6, frame.probe.index).optional(7, frame.probe.symbol)
    case 'ask-symbols':
      return fields.varint(1, frame.to)
    case 'symbols':
      return fields.optional(1, frame.symbols)
    case 'ask-parts':
      fields.varint(1, frame.parts)
      for (const range of frame.ranges) fields.bytes(2, rangeBytes(range))
      return fields
    case 'parts':
      for (const part of frame.parts) fields.bytes(1, partBytes(part))
      return fields
    case 'ask-keys':
      for (const range of frame.ranges) fields.bytes(1, rangeBytes(range))
      return fields
    case 'keys':
    case 'have':
    case 'refused':
      return fields.optional(1, packKeys(frame.keys)).varint(2, frame.last ? 1 : 0)
    case 'want':
      return fields.optional(1, packKeys(frame.keys)).varint(2, frame.bytesMax)
    case 'records':
      for (const { keys, bytes, rest } of frame.pieces) {
        fields.bytes(1, new Fields().optional(1, keys).optional(2, bytes).varint(3, rest).finish())
      }
      return fields
        .optional(2, frame.missing)
        .optional(3, frame.refused)
        .varint(4, frame.last ? 1 : 0)
    case 'end':
      break
  }
  return fields.varint(1, endCodes.indexOf(frame.code))
}

function partBytes({ from, count, sum }: Part): Uint8Array {
  return new Fields().varint(1, from.time).optional(2, trimmed(from)).varint(3, count).bytes(4, sum).finish()
}

function rangeBytes({ from, to }: KeyRange): Uint8Array {
  const start = new Fields().varint(1, from.time).optional(2, trimmed(from))
  return start.varint(3, to.time).optional(4, trimmed(to)).finish()
}

/** The id without zeros at its end, which mean the same bound. */
function trimmed({ id }: Bound): Uint8Array {
  let length = id.length
  while (length > 0 && id[length - 1] === 0) length--
  return id.subarray(0, length)
}
