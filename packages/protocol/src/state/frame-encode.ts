import { Fields } from '../wire-fields.ts'
import { type Delta, markSize, type Mark, type StateFrame } from './frame.ts'
import { writeNumber } from './number.ts'
import { type Head, ownerIdSize } from './owner-state.ts'

/** A frame in its one form (docs/protocol.md). The caller keeps to the bounds in frame.ts. */
export function encodeStateFrame(frame: StateFrame): Uint8Array {
  if (frame.type === 'beat') {
    const beat = new Fields().varint(1, frame.epoch).varint(2, frame.count)
    return beat.finishWithin(2)
  }
  const { exchange, step, split, fingerprints, covered, marks, deltas, place } = frame
  const fields = new Fields().varint(1, exchange).varint(2, step).varint(3, split)
  fields.optional(4, packWords(fingerprints)).optional(5, packIndexes(covered)).optional(6, packMarks(marks))
  for (const delta of deltas) fields.bytes(7, encodeDelta(delta))
  if (place !== undefined) fields.bytes(8, place)
  return fields.finishWithin(1)
}

/** A delta in its one form; one from version 0 that is not cut is also how a state is kept on disk. */
export function encodeDelta({ head, from, entries, isCut }: Delta): Uint8Array {
  const fields = headFields(head).varint(8, from)
  for (const entry of entries) fields.bytes(9, entry)
  return fields.varint(10, isCut ? 1 : 0).finish()
}

/** Bytes of a delta without its entries, tag and length included, at most. */
export const headSizeMax = 208

const headFields = ({ owner, epoch, version, floor, count, root, signature }: Head): Fields =>
  new Fields()
    .bytes(1, owner)
    .varint(2, epoch)
    .varint(3, version)
    .varint(4, floor)
    .varint(5, count)
    .bytes(6, root)
    .bytes(7, signature)

function packMarks(marks: readonly Mark[]): Uint8Array {
  const bytes = new Uint8Array(marks.length * markSize)
  let at = 0
  for (const { id, epoch, version, tag } of marks) {
    for (let index = 0; index < ownerIdSize; index++) bytes[at + index] = id.charCodeAt(index)
    writeNumber(bytes, at + 16, 6, epoch)
    writeNumber(bytes, at + 22, 6, version)
    writeNumber(bytes, at + 28, 4, tag)
    at += markSize
  }
  return bytes
}

function packWords(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * words.length)
  for (let index = 0; index < words.length; index++) writeNumber(bytes, 4 * index, 4, words[index]!)
  return bytes
}

function packIndexes(indexes: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * indexes.length)
  for (let at = 0; at < indexes.length; at++) writeNumber(bytes, 2 * at, 2, indexes[at]!)
  return bytes
}
