import { decodeUtf8, encodeUtf8 } from '../text.ts'
import { bytesFieldSize, varintFieldSize, WireReader, WireWriter } from '../wire.ts'

/** The key of the state under which a node says what there is to know of it. */
export const nodeKey = 'm:node'

/** What a node says of itself. All of it is its own claim. */
export interface NodeRecord {
  /** For people; empty: none. */
  readonly name: string
  readonly version: string
  /** Multiaddrs under which it may be reached, without peer id, at most 8. */
  readonly addresses: readonly string[]
  /** Topics that it holds, the first 64 by name. */
  readonly topics: readonly string[]
  /** How many it holds. */
  readonly topicCount: number
}

/** Bounds of a {@link NodeRecord}. */
export const nodeRecordBounds = {
  nameBytes: 64,
  versionBytes: 32,
  addresses: 8,
  addressBytes: 160,
  topics: 64,
  topicBytes: 128,
} as const

const textRange = (max: number): { min: number; max: number } => ({ min: 1, max })

/** A record in its one form: what is beyond the bounds is left out. */
export function encodeNodeRecord(record: NodeRecord): Uint8Array {
  const { nameBytes, versionBytes, addresses, addressBytes, topics, topicBytes } = nodeRecordBounds
  const within = (max: number, texts: readonly string[]): Uint8Array[] =>
    texts.map((text) => encodeUtf8(text)).filter(({ length }) => length > 0 && length <= max)
  const fields: [number, Uint8Array][] = [
    ...within(nameBytes, [record.name]).map((bytes): [number, Uint8Array] => [1, bytes]),
    ...within(versionBytes, [record.version]).map((bytes): [number, Uint8Array] => [2, bytes]),
    ...within(addressBytes, record.addresses)
      .slice(0, addresses)
      .map((bytes): [number, Uint8Array] => [3, bytes]),
    ...within(topicBytes, record.topics.toSorted())
      .slice(0, topics)
      .map((bytes): [number, Uint8Array] => [4, bytes]),
  ]
  const size = fields.reduce((sum, [, bytes]) => sum + bytesFieldSize(bytes.length), varintFieldSize(record.topicCount))
  const writer = new WireWriter(size)
  for (const [field, bytes] of fields) writer.bytes(field, bytes)
  writer.varint(5, record.topicCount)
  return writer.finish()
}

/** Reads a record of a peer. Never throws; undefined for all but the canonical bytes. */
export function decodeNodeRecord(bytes: Uint8Array): NodeRecord | undefined {
  const { nameBytes, versionBytes, addresses, addressBytes, topics, topicBytes } = nodeRecordBounds
  const reader = new WireReader(bytes)
  const texts = [
    [reader.bytes(1, textRange(nameBytes)) ?? new Uint8Array(0)],
    [reader.bytes(2, textRange(versionBytes)) ?? new Uint8Array(0)],
    reader.repeated(3, textRange(addressBytes), addresses),
    reader.repeated(4, textRange(topicBytes), topics),
  ].map((parts) => parts.map(decodeUtf8))
  const topicCount = reader.varint(5)
  if (!reader.end() || texts.flat().includes(undefined)) return undefined
  const [[name], [version], said, held] = texts as [[string], [string], string[], string[]]
  return { name, version, addresses: said, topics: held, topicCount }
}
