import { ProtocolError } from './error.ts'
import { messageSizeMax } from './envelope.ts'
import { bodySizeMax } from './fetch/chunk-tree.ts'
import { type HashIdRule, isHashId } from './hash-id.ts'
import { sha256 } from './id.ts'
import { encodeUtf8 } from './text.ts'
import { checkTopicName } from './topic-name.ts'

/** What payloads a topic carries: any bytes, valid UTF-8, or JSON that follows a JSON Schema (2020-12). */
export type PayloadRule = 'bytes' | 'text' | { readonly json: Readonly<Record<string, unknown>> | boolean }

/**
 * How a topic names its messages. `signed`: from the signed bytes, so every publish is a message of its own. `content`:
 * SHA-256 of the payload, so the same payload counts once, whoever says it. A field: from the value at a JSON pointer and
 * the author, so an author says each value once. A hash: as `content`, but by the hash of a chain. A custom rule is a
 * function of a program; nodes tell it by its name.
 */
export type IdRule = 'signed' | 'content' | { readonly field: string } | HashIdRule | { readonly custom: string }

/**
 * How payloads travel. `push` (what absent means): inside their envelopes. `announce`: the envelope of each says what there is,
 * and who lacks it fetches it in chunks (docs/protocol.md §22). `hybrid`: only those of more bytes than this, from 1 to
 * `messageSizeMax`. An empty payload is always in its envelope.
 */
export type Dissemination = 'push' | 'announce' | { readonly hybrid: number }

/** How long a node keeps the messages of a topic. What is absent does not limit. */
export interface Retention {
  /** In ms, by author time; 1 s or more. */
  readonly time?: number
  /** In messages; no author gets more than its share. */
  readonly capacity?: number
  /** In bytes on the wire; no author gets more than its share. */
  readonly size?: number
}

/**
 * The rules of a topic as data. Nodes must agree on them to mean the same topic, but for `delivery` and `retention`: those
 * say what this node keeps, and are no part of the hash.
 */
export interface TopicDefinition {
  readonly name: string
  readonly payload: PayloadRule
  readonly id: IdRule
  /** `raw`: payloads go as they are, without author or signature, and `id` is a content rule. */
  readonly format: 'envelope' | 'raw'
  /** Largest payload, in bytes: at most what fits into an envelope, or 32 MiB where large ones are fetched. */
  readonly messageBytesMax: number
  /** Messages of one author a second; absent: no limit. */
  readonly authorRateMax?: number
  /**
   * `each`: nodes judge the messages one by one, and put some off, so each travels in an envelope of its own. `together`:
   * they judge them, and what one author says at a time still travels together, also where ids come from content. Absent:
   * how nodes judge them is their affair.
   */
  readonly validate?: 'each' | 'together'
  /** Absent: `push`. */
  readonly dissemination?: Dissemination
  /** `lossless`: messages are on disk before they are delivered, and reconciled with peers. `best-effort` keeps nothing. */
  readonly delivery: 'lossless' | 'best-effort'
  /** Absent: the node's own limits. */
  readonly retention?: Retention
}

/** A definition as a user writes it: everything but the name has a default. */
export type TopicDefinitionInput = Partial<TopicDefinition> & { readonly name: string }

/** Largest schema, in characters of JSON: it is compiled at start and sent to people who ask. */
const schemaLengthMax = 65_536

/** What nodes must agree on, and what each decides for itself. */
const agreed = [
  'name',
  'payload',
  'id',
  'format',
  'messageBytesMax',
  'authorRateMax',
  'validate',
  'dissemination',
] as const
const own = ['delivery', 'retention'] as const
const fields = [...agreed, ...own] as const
const limits = { time: 1_000, capacity: 1, size: 1 } as const

/**
 * A whole definition from what a user gave, checked. Throws ProtocolError `definition`, naming the field, what was
 * expected and what came. Does not compile the schema.
 */
export function completeDefinition(input: TopicDefinitionInput): TopicDefinition {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw wrong('definition', 'an object', input)
  for (const field of Object.keys(input)) {
    if (!(fields as readonly string[]).includes(field))
      throw wrong(field, `one of ${fields.join(', ')}`, 'an unknown field')
  }
  const { name, payload = 'bytes', format = 'envelope', authorRateMax, validate } = input
  const { delivery = 'lossless', retention } = input
  const id = idOf(input)
  const dissemination = disseminationOf(input.dissemination, format)
  const sizeMax = dissemination === undefined ? messageSizeMax : bodySizeMax
  const messageBytesMax = input.messageBytesMax ?? sizeMax
  if (typeof name !== 'string' || !checkTopicName(name).ok) throw wrong('name', '1 to 128 of A-Z a-z 0-9 . _ / -', name)
  if (!isPayloadRule(payload)) throw wrong('payload', '"bytes", "text" or {"json": SCHEMA}', payload)
  if (!isIdRule(id))
    throw wrong('id', '"signed", "content", {"field": "/JSON/POINTER"}, {"hash": HASH} or {"custom": NAME}', id)
  if (format !== 'envelope' && format !== 'raw') throw wrong('format', '"envelope" or "raw"', format)
  if (format === 'raw' && id === 'signed') throw wrong('id', 'a content rule, since nobody signs a raw payload', id)
  if (typeof id === 'object' && 'field' in id && typeof payload !== 'object')
    throw wrong('id', 'a field only with a JSON payload', id)
  if (!Number.isInteger(messageBytesMax) || messageBytesMax < 0 || messageBytesMax > sizeMax) {
    throw wrong('messageBytesMax', `0 to ${sizeMax}`, messageBytesMax)
  }
  const inlineMax = (dissemination && inlineBytesMax({ dissemination })) ?? 0
  if (inlineMax > 0 && messageBytesMax <= inlineMax)
    throw wrong('messageBytesMax', `more than ${inlineMax}, up to which payloads are not announced`, messageBytesMax)
  if (authorRateMax !== undefined && !(Number.isFinite(authorRateMax) && authorRateMax > 0)) {
    throw wrong('authorRateMax', 'a number above 0', authorRateMax)
  }
  if (validate !== undefined && validate !== 'each' && validate !== 'together')
    throw wrong('validate', '"each" or "together"', validate)
  if (validate === 'together' && format === 'raw') throw wrong('validate', 'none or "each" for raw payloads', validate)
  if (delivery !== 'lossless' && delivery !== 'best-effort')
    throw wrong('delivery', '"lossless" or "best-effort"', delivery)
  if (retention !== undefined) checkRetention(retention)
  if (retention !== undefined && delivery === 'best-effort')
    throw wrong('retention', 'none, since best-effort keeps nothing', retention)
  return {
    name,
    payload,
    id,
    format,
    messageBytesMax,
    ...(authorRateMax !== undefined && { authorRateMax }),
    ...(validate !== undefined && { validate }),
    ...(dissemination !== undefined && { dissemination }),
    delivery,
    ...(retention !== undefined && { retention }),
  }
}

function checkRetention(retention: Retention): void {
  if (typeof retention !== 'object' || retention === null || Array.isArray(retention))
    throw wrong('retention', '{"time": MS, "capacity": MESSAGES, "size": BYTES}', retention)
  for (const [field, value] of Object.entries(retention)) {
    const least = (limits as Readonly<Record<string, number>>)[field]
    if (least === undefined) throw wrong(`retention.${field}`, 'time, capacity or size', 'an unknown field')
    if (!Number.isSafeInteger(value) || value < least) throw wrong(`retention.${field}`, `${least} or more`, value)
  }
}

/**
 * 32 bytes that name what nodes must agree on: SHA-256 of "grapevine-topic/1" ‖ 0 ‖ the canonical JSON of the definition
 * without `delivery` and `retention` (keys sorted by code unit, no white space, as RFC 8785 for what definitions hold).
 * Envelopes carry the first 8 as their schema id.
 */
export function definitionHash(definition: TopicDefinition): Uint8Array {
  return sha256(encodeUtf8(`grapevine-topic/1\0${agreedJson(definition)}`))
}

/** Bytes of a definition's hash that an envelope carries. */
export const schemaIdSize = 8

/**
 * Whether a definition is what a topic has that nobody defined: its envelopes carry no schema id. What a node keeps of it
 * makes no difference.
 */
export function isDefaultDefinition(definition: TopicDefinition): boolean {
  const { name } = definition
  return agreedJson(definition) === agreedJson(completeDefinition({ name }))
}

/** Canonical JSON of what nodes must agree on. */
export const agreedJson = (definition: TopicDefinition): string =>
  canonicalJson(Object.fromEntries(agreed.map((field) => [field, definition[field]])))

/** JSON with sorted keys; members that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`
}

function isPayloadRule(value: unknown): value is PayloadRule {
  if (value === 'bytes' || value === 'text') return true
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'json') return false
  const schema = (value as { json: unknown }).json
  if (typeof schema === 'boolean') return true
  return (
    typeof schema === 'object' && schema !== null && !Array.isArray(schema) && jsonLength(schema) <= schemaLengthMax
  )
}

/** Length of the JSON of a value, or Infinity where it has none (a cycle, or too deep). */
function jsonLength(value: unknown): number {
  try {
    return JSON.stringify(value).length
  } catch {
    return Infinity
  }
}

/** The hash that `content` means has one form, so that definitions that mean the same have the same hash. */
function idOf({ id, format }: TopicDefinitionInput): IdRule {
  if (id === undefined) return format === 'raw' ? 'content' : 'signed'
  const isContent = isHashId(id) && id.hash === 'sha256' && id.bytes === undefined && id.reversed === undefined
  return isContent ? 'content' : id
}

/** `push` has one form, none, so that definitions from before have the hash that they had. */
function disseminationOf(value: unknown, format: unknown): Exclude<Dissemination, 'push'> | undefined {
  if (value === undefined || value === 'push') return undefined
  if (format === 'raw')
    throw wrong('dissemination', '"push", since a raw payload has nothing that could stand for it', value)
  if (value === 'announce') return value
  const { hybrid, ...rest } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly hybrid?: unknown
  }
  const isBound = typeof hybrid === 'number' && Number.isInteger(hybrid) && hybrid >= 1 && hybrid <= messageSizeMax
  if (isBound && Object.keys(rest).length === 0) return { hybrid }
  throw wrong('dissemination', `"push", "announce" or {"hybrid": 1 to ${messageSizeMax}}`, value)
}

/** Largest payload that travels inside its envelope, in bytes; undefined: all do. */
export function inlineBytesMax({ dissemination }: Pick<TopicDefinition, 'dissemination'>): number | undefined {
  if (dissemination === undefined || dissemination === 'push') return undefined
  return dissemination === 'announce' ? 0 : dissemination.hybrid
}

function isIdRule(value: unknown): value is IdRule {
  if (value === 'signed' || value === 'content' || isHashId(value)) return true
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false
  const { field, custom } = value as { field?: unknown; custom?: unknown }
  if (typeof custom === 'string') return checkTopicName(custom).ok
  return typeof field === 'string' && /^(\/([^~/]|~[01])*)+$/.test(field) && field.length <= 256
}

function wrong(field: string, expected: string, found: unknown): ProtocolError {
  const shown = typeof found === 'string' ? found : (JSON.stringify(found) ?? String(found))
  const actual = shown.slice(0, 80)
  return new ProtocolError('definition', `${field}: expected ${expected}, got ${actual}`, { field, expected, actual })
}
