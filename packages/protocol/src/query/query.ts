import { compareBytes } from '../bytes.ts'
import { formatTagFilter, parseTagFilter, type TagFilter } from '../member/tag-filter.ts'
import { stateVersionMax } from '../state/entry.ts'
import { ownerIdSize } from '../state/owner-state.ts'
import { decodeUtf8, encodeUtf8 } from '../text.ts'
import { checkTopicName } from '../topic-name.ts'
import { WireReader } from '../wire.ts'
import { Fields } from '../wire-fields.ts'
import { queryBodySizeMax, queryMembersMax, queryRelaysMax, queryTagsMax, queryTimeoutMsMax } from './limits.ts'

/** A question to members, as its origin signs it. */
export interface Query {
  /** Ed25519 public key, 32 bytes. */
  readonly origin: Uint8Array
  /** The origin's life, 1 to 2^48 − 1. */
  readonly epoch: number
  /** Counts the queries of a life, from 1. */
  readonly number: number
  /** The origin's wall clock, µs since 1970. */
  readonly time: number
  /** How long the origin waits, in ms, 1 to 600,000. */
  readonly timeoutMs: number
  /** 1 to 128 of `[A-Za-z0-9._/-]`. */
  readonly name: string
  /** At most 8,192 bytes. */
  readonly body: Uint8Array
  /** Who is meant must have tags that match all of these, at most 8. */
  readonly tags: readonly TagFilter[]
  /** Who is meant is one of these, by the first 16 bytes of their keys, ascending, at most 64; none: everybody. */
  readonly members: readonly Uint8Array[]
  /** Through how many other peers an answer goes too, 0 to 8. */
  readonly relays: number
  /** Whether members are to say that it came. */
  readonly wantsAck: boolean
}

/** Bytes of a query's id. */
export const queryIdSize = 16

const nameRange = { min: 1, max: 128 }
const keyRange = { min: 32, max: 32 }
const bodyRange = { min: 1, max: queryBodySizeMax }
const tagRange = { min: 1, max: 513 }
const memberRange = { min: ownerIdSize, max: ownerIdSize }
const noBytes = new Uint8Array(0)

/** A query in its one form. The caller keeps to the bounds. */
export function encodeQuery(query: Query): Uint8Array {
  const { origin, epoch, number, time, timeoutMs, name, body, tags, members, relays, wantsAck } = query
  const fields = new Fields().bytes(1, origin).varint(2, epoch).varint(3, number).varint(4, time)
  fields.varint(5, timeoutMs).bytes(6, encodeUtf8(name)).optional(7, body)
  for (const tag of tags) fields.bytes(8, encodeUtf8(formatTagFilter(tag)))
  for (const member of members) fields.bytes(9, member)
  return fields
    .varint(10, relays)
    .varint(11, wantsAck ? 1 : 0)
    .finish()
}

/** Reads a query of a peer. Never throws; undefined for all but the canonical bytes, of which its arrays are views. */
export function decodeQuery(bytes: Uint8Array): Query | undefined {
  const reader = new WireReader(bytes)
  const origin = reader.bytes(1, keyRange)
  const epoch = reader.varint(2, stateVersionMax)
  const number = reader.varint(3)
  const time = reader.varint(4)
  const timeoutMs = reader.varint(5, queryTimeoutMsMax)
  const name = decodeUtf8(reader.bytes(6, nameRange) ?? noBytes) ?? ''
  const body = reader.bytes(7, bodyRange) ?? noBytes
  const tags = readTags(reader.repeated(8, tagRange, queryTagsMax))
  const members = reader.repeated(9, memberRange, queryMembersMax)
  const relays = reader.varint(10, queryRelaysMax)
  const wantsAck = reader.varint(11, 1) === 1
  if (!reader.end() || origin === undefined || tags === undefined || !checkTopicName(name).ok) return undefined
  if (epoch === 0 || number === 0 || timeoutMs === 0) return undefined
  if (members.some((member, at) => at > 0 && compareBytes(members[at - 1]!, member) >= 0)) return undefined
  return { origin, epoch, number, time, timeoutMs, name, body, tags, members, relays, wantsAck }
}

/** A query's id: the first 16 bytes of SHA-256 of its canonical bytes. */
export const queryIdOf = (digest: Uint8Array): Uint8Array => digest.slice(0, queryIdSize)

const queryDomain = encodeUtf8('grapevine-query/1')
const answerDomain = encodeUtf8('grapevine-answer/1')

/** What is signed of a query or an answer: its domain ‖ network id ‖ SHA-256 of its bytes, each after its length in one byte. */
export function querySignedBytes(kind: 'query' | 'answer', networkId: Uint8Array, digest: Uint8Array): Uint8Array {
  const parts = [kind === 'query' ? queryDomain : answerDomain, networkId, digest]
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + 1 + length, 0))
  let offset = 0
  for (const part of parts) {
    bytes[offset] = part.length
    bytes.set(part, offset + 1)
    offset += 1 + part.length
  }
  return bytes
}

function readTags(parts: readonly Uint8Array[]): TagFilter[] | undefined {
  const tags: TagFilter[] = []
  for (const part of parts) {
    const text = decodeUtf8(part)
    const tag = text === undefined ? undefined : parseTagFilter(text)
    if (tag === undefined) return undefined
    tags.push(tag)
  }
  return tags
}
