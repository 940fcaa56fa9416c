import { bodySizeMax } from './fetch/chunk-tree.ts'
import { Fields } from './wire-fields.ts'
import { type LengthRange, WireReader } from './wire.ts'

/** What stands in an envelope for a body that is fetched: docs/protocol.md §22. */
export interface BodyReference {
  /** What the topic's content rule makes of the body, 1 to 32 bytes. Absent where ids come from the signed bytes. */
  readonly id?: Uint8Array | undefined
  /** Bytes of the body, 1 to 33,554,432. */
  readonly size: number
  /** Of its chunk tree, 32 bytes. */
  readonly root: Uint8Array
}

/** Bytes of an encoded reference at most. */
export const bodyReferenceSizeMax = 73

const idRange: LengthRange = { min: 1, max: 32 }
const rootRange: LengthRange = { min: 32, max: 32 }

/** The canonical bytes. The caller keeps to the bounds. */
export function encodeBodyReference({ id, size, root }: BodyReference): Uint8Array {
  return new Fields()
    .optional(1, id ?? new Uint8Array(0))
    .varint(2, size)
    .bytes(3, root)
    .finish()
}

/** Reads a reference from a peer: exactly the canonical bytes, undefined for all else. Its arrays are views. Never throws. */
export function decodeBodyReference(bytes: Uint8Array): BodyReference | undefined {
  const reader = new WireReader(bytes)
  const id = reader.bytes(1, idRange)
  const size = reader.varint(2, bodySizeMax)
  const root = reader.bytes(3, rootRange)
  if (!reader.end() || size === 0 || root === undefined) return undefined
  return { ...(id !== undefined && { id }), size, root }
}
