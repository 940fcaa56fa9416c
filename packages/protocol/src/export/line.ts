import { base64 } from '@scure/base'
import { fromHex, toHex } from '../bytes.ts'
import type { TopicDefinition } from '../definition.ts'
import type { Message } from '../event.ts'
import { peerIdOfAuthor } from '../peer-id.ts'
import { decodeUtf8 } from '../text.ts'

/** Version of the export format, docs/protocol.md. */
export const exportVersion = 1

/** Longest line of an export, in characters: an envelope in base64, and its messages in JSON's longest escapes. */
export const exportLineMax = 786_432

/** The first line of an export: whose messages follow. */
export interface ExportHeader {
  readonly grapevine: 'export'
  readonly version: typeof exportVersion
  /** Hex, 64 characters. */
  readonly network: string
  readonly networkName: string
  readonly dialect: 'grapevine' | 'pubsub'
  readonly topic: string
  /** The rules that the messages follow, as this node has them. */
  readonly definition: TopicDefinition
  /** ISO 8601. */
  readonly exported: string
}

/** Every other line: what came over the wire, with its signature, and for people what is in it. */
export interface ExportLine {
  readonly topic: string
  /** The envelope in base64; of a raw topic the payload. All else follows from it. */
  readonly wire: string
  /** Peer id; absent where nobody signed. */
  readonly author?: string
  readonly epoch: number
  /** Author time, ISO 8601. */
  readonly time: string
  readonly messages: readonly ExportMessage[]
}

/** A message that was kept. */
export interface ExportMessage {
  /** Hex. */
  readonly id: string
  readonly seq: number
  readonly parents?: readonly string[]
  /** Its payload, if it is valid UTF-8. */
  readonly text?: string
  /** Of a payload that is fetched, and not part of an export: bytes. */
  readonly bodySize?: number
}

/** Writes a moment, in µs since 1970, in ISO 8601. */
export type IsoTime = (micros: number) => string

/** The line of one envelope with those of its messages that are kept, at least one. */
export function exportLine(wire: Uint8Array, messages: readonly Message[], iso: IsoTime): ExportLine {
  const { topic, author, epoch, time } = messages[0]!
  return {
    topic,
    wire: base64.encode(wire),
    ...(author.length > 0 && { author: peerIdOfAuthor(author) }),
    epoch,
    time: iso(time),
    messages: messages.map((message) => exportMessage(message)),
  }
}

/** A message as an export shows it. */
export function exportMessage({ id, sequence, parents, payload, fetched }: Message): ExportMessage {
  const text = fetched === undefined ? decodeUtf8(payload) : undefined
  return {
    id: toHex(id),
    seq: sequence,
    ...(parents && { parents: parents.map(toHex) }),
    ...(text !== undefined && { text }),
    ...(fetched && { bodySize: fetched.size }),
  }
}

/** The header in a line of text, or what is wrong with it. */
export function readExportHeader(line: string): ExportHeader | { readonly fault: string } {
  const header: Partial<ExportHeader> | undefined = parsed(line)
  if (header?.grapevine !== 'export') return { fault: 'it does not begin like an export' }
  if (header.version !== exportVersion) return { fault: `it is in version ${String(header.version).slice(0, 10)}` }
  const { network, networkName, topic, definition } = header
  if (typeof network !== 'string' || fromHex(network)?.length !== 32) return { fault: 'it names no network' }
  if (typeof networkName !== 'string') return { fault: 'it names no network' }
  if (typeof topic !== 'string' || typeof definition !== 'object' || definition === null)
    return { fault: 'it names no topic' }
  return header as ExportHeader
}

/** The record in a line of text, and its wire bytes; or what is wrong with it. Of the rest nothing is checked. */
export function readExportLine(
  line: string,
): { readonly line: ExportLine; readonly wire: Uint8Array } | { readonly fault: string } {
  const value: Partial<ExportLine> | undefined = parsed(line)
  if (value === undefined) return { fault: 'it is not a JSON object' }
  if (typeof value.topic !== 'string' || typeof value.wire !== 'string') return { fault: 'it has no topic or no wire' }
  try {
    return { line: value as ExportLine, wire: base64.decode(value.wire) }
  } catch {
    return { fault: 'its wire is not base64' }
  }
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
