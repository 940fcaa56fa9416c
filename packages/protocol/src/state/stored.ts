import { equalBytes } from '../bytes.ts'
import { type Sha256, sha256 } from '../id.ts'
import { decodeEntry, type Entry } from './entry.ts'
import { decodeDelta } from './frame-decode.ts'
import { encodeDelta } from './frame-encode.ts'
import { bytesOf, type OwnerState, rootOf } from './owner-state.ts'

/** A state as it is kept on disk, or handed on in a file: a delta with all of it. */
export const encodeOwnerState = ({ head, entries }: OwnerState): Uint8Array =>
  encodeDelta({ head, from: 0, entries: entries.map(({ bytes }) => bytes), isCut: false })

/**
 * Reads such a state. Never throws; undefined for all but the canonical bytes, or if the entries are not those of the head.
 * The signature over `headSignedBytes` is not checked: what comes from elsewhere than our own disk is to be. Keeps `bytes`.
 */
export function decodeOwnerState(bytes: Uint8Array, hash: Sha256 = sha256): OwnerState | undefined {
  const delta = decodeDelta(bytes)
  if (delta === undefined || delta.from !== 0 || delta.isCut || delta.entries.length !== delta.head.count)
    return undefined
  const entries: Entry[] = []
  for (const part of delta.entries) {
    const entry = decodeEntry(part, hash)
    if (entry === undefined || entry.version <= (entries.at(-1)?.version ?? 0)) return undefined
    entries.push(entry)
  }
  if (!equalBytes(rootOf(delta.head, entries, hash), delta.head.root)) return undefined
  return { head: delta.head, entries, bytes: bytesOf(entries) }
}
