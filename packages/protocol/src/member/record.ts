import { keyOf } from '../bytes.ts'
import { stateVersionMax } from '../state/entry.ts'
import { ownerIdSize } from '../state/owner-state.ts'
import { bytesFieldSize, varintFieldSize, WireReader, WireWriter } from '../wire.ts'

/** The key of the state under which a node says what it is as a member. */
export const selfKey = 'm:self'
/** The key under which it says whom it accuses of being silent. */
export const accusedKey = 'm:accused'

/** What a node says of itself as a member. Ids are the first 16 bytes of keys, as keys of maps. */
export interface SelfRecord {
  /** Goes up when the node refutes that it has failed. */
  readonly incarnation: number
  /** It said goodbye. */
  readonly isLeft: boolean
  /** Who watches it, at most 8: nobody else can accuse it. */
  readonly watchers: readonly string[]
}

/** That a node is silent, in this life and incarnation of it. */
export interface Accusation {
  readonly id: string
  readonly epoch: number
  readonly incarnation: number
}

/** Accusations of one node at most. */
export const accusationsMax = 256

const watchersMax = 8
const idRange = { min: ownerIdSize, max: ownerIdSize }
const accusationRange = { min: 1, max: 48 }

/** A record in its one form. */
export function encodeSelf({ incarnation, isLeft, watchers }: SelfRecord): Uint8Array {
  const left = isLeft ? 1 : 0
  const size = varintFieldSize(incarnation) + varintFieldSize(left) + watchers.length * bytesFieldSize(ownerIdSize)
  const writer = new WireWriter(size)
  writer.varint(1, incarnation)
  writer.varint(2, left)
  for (const id of watchers) writer.bytes(3, bytesOfId(id))
  return writer.finish()
}

/** Reads a record of a peer. Never throws; undefined for all but the canonical bytes. */
export function decodeSelf(bytes: Uint8Array): SelfRecord | undefined {
  const reader = new WireReader(bytes)
  const incarnation = reader.varint(1)
  const isLeft = reader.varint(2, 1) === 1
  const watchers = reader.repeated(3, idRange, watchersMax).map(keyOf)
  const isTwice = (id: string, at: number): boolean => watchers.indexOf(id) < at
  return reader.end() && !watchers.some(isTwice) ? { incarnation, isLeft, watchers } : undefined
}

/** Accusations in their one form; the caller gives each id once. */
export function encodeAccusations(accusations: readonly Accusation[]): Uint8Array {
  const items = accusations.map(({ id, epoch, incarnation }) => {
    const item = new WireWriter(bytesFieldSize(ownerIdSize) + varintFieldSize(epoch) + varintFieldSize(incarnation))
    item.bytes(1, bytesOfId(id))
    item.varint(2, epoch)
    item.varint(3, incarnation)
    return item.finish()
  })
  const writer = new WireWriter(items.reduce((sum, item) => sum + bytesFieldSize(item.length), 0))
  for (const item of items) writer.bytes(1, item)
  return writer.finish()
}

/** Reads accusations of a peer. Never throws; undefined for all but the canonical bytes. */
export function decodeAccusations(bytes: Uint8Array): Accusation[] | undefined {
  const reader = new WireReader(bytes)
  const accusations: Accusation[] = []
  for (const item of reader.repeated(1, accusationRange, accusationsMax)) {
    const part = new WireReader(item)
    const id = part.bytes(1, idRange)
    const epoch = part.varint(2, stateVersionMax)
    const incarnation = part.varint(3)
    if (!part.end() || id === undefined) return undefined
    accusations.push({ id: keyOf(id), epoch, incarnation })
  }
  return reader.end() ? accusations : undefined
}

const bytesOfId = (id: string): Uint8Array => Uint8Array.from(id, (character) => character.charCodeAt(0))
