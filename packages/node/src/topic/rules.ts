import {
  definitionHash,
  hashIdOf,
  inlineBytesMax,
  isDefaultDefinition,
  schemaIdSize,
  wireTopic,
  type Dialect,
  type PayloadRule,
  type TopicRules,
} from '@grapevine/protocol'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { sha256 } from '../crypto.ts'
import { NodeError } from '../error.ts'
import { jsonCodec, textCodec } from './codec.ts'
import { jsonDepthMax } from './json-depth.ts'
import { schemaFault } from './schema-fault.ts'
import type { Topic } from './topic.ts'

/** What the rules of a topic depend on beside its definition. */
export interface RulesNetwork {
  readonly id: Uint8Array
  readonly dialect: Dialect
}

/**
 * A topic as the machine applies it. Error `usage` if its JSON Schema cannot be compiled, its id rule is missing, or its
 * format is not one of the network's dialect.
 */
export function rulesOf(topic: Topic, network: RulesNetwork): TopicRules {
  const { definition } = topic
  const isPubsub = network.dialect === 'pubsub'
  if (isPubsub && definition.format === 'raw') throw rawRefused(definition.name)
  const inlineMax = inlineBytesMax(definition)
  if (isPubsub && inlineMax !== undefined) throw fetchRefused(definition.name)
  const contentId = contentIdOf(topic)
  const check = checkOf(definition.payload, topic.checkValue)
  return {
    name: definition.name,
    wireName: isPubsub ? definition.name : wireTopic(network.id, definition.name),
    format: isPubsub ? 'signed' : definition.format,
    messageBytesMax: definition.messageBytesMax,
    ...(inlineMax !== undefined && { inlineBytesMax: inlineMax }),
    authorRateMax: definition.authorRateMax ?? Infinity,
    judged: topic.validate !== undefined,
    ...(definition.validate === 'each' && { isSingle: true }),
    ...(definition.validate === 'together' && { isShared: true }),
    // What a store would need to pass on, author, number and signature, is not kept.
    delivery: isPubsub ? 'best-effort' : definition.delivery,
    ...(contentId && { contentId }),
    ...(check && { check }),
    ...(!isDefaultDefinition(definition) && { schemaId: definitionHash(definition).subarray(0, schemaIdSize) }),
  }
}

const rawRefused = (name: string): NodeError =>
  new NodeError(
    'usage',
    `topic ${name} cannot be raw: in a network of dialect pubsub every message is signed`,
    'define it without the format; its payloads are on the wire as they are',
  )

const fetchRefused = (name: string): NodeError =>
  new NodeError(
    'usage',
    `topic ${name} cannot announce: in a network of dialect pubsub every payload is pushed`,
    'define it without the dissemination',
  )

function contentIdOf(topic: Topic): TopicRules['contentId'] {
  const { id } = topic.definition
  if (topic.contentId !== undefined) return topic.contentId
  if (id === 'signed') return undefined
  if (id === 'content') return (payload) => sha256(payload)
  if ('field' in id) return fieldId(id)
  if ('hash' in id) return (payload) => hashIdOf(id, payload, sha256)
  throw new NodeError(
    'usage',
    `the id rule ${id.custom} is a function of a program`,
    'hold the topic from that program',
  )
}

/** SHA-256 of author ‖ JSON of the value: the author says each value once. */
function fieldId({ field }: { readonly field: string }): TopicRules['contentId'] {
  const segments = field
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  return (payload, author) => {
    let value = parsed(payload)
    for (const segment of segments) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined
      value = (value as Record<string, unknown>)[segment]
    }
    return value === undefined ? undefined : sha256(Buffer.concat([author, Buffer.from(JSON.stringify(value))]))
  }
}

function checkOf(payload: PayloadRule, checkValue: Topic['checkValue']): TopicRules['check'] {
  if (payload === 'bytes') return undefined
  if (payload === 'text') return (bytes) => (isText(bytes) ? undefined : 'not UTF-8 text')
  const checkJson = checkValue ?? jsonSchemaCheck(payload.json)
  return (bytes) => {
    const value = parsed(bytes)
    return value === undefined ? `not JSON, or nested deeper than ${jsonDepthMax}` : checkJson(value)
  }
}

function jsonSchemaCheck(schema: Readonly<Record<string, unknown>> | boolean): (value: unknown) => string | undefined {
  let validate: ValidateFunction
  try {
    validate = compile(schema)
  } catch (error) {
    throw new NodeError(
      'usage',
      `the JSON Schema cannot be used: ${(error as Error).message}`,
      'it follows draft 2020-12',
      { cause: error },
    )
  }
  return (value) => (validate(value) ? undefined : schemaFault(validate.errors?.at(-1)))
}

function compile(schema: Readonly<Record<string, unknown>> | boolean): ValidateFunction {
  // Unknown keywords are errors: a misspelt one would let everything through. The other strict modes are a matter of
  // taste, and refuse schemas that the draft allows, such as `required` without `properties`.
  const strict = { strictSchema: true, strictTypes: false, strictTuples: false, strictRequired: false } as const
  return new Ajv2020({ ...strict, allErrors: false, validateFormats: false, verbose: true }).compile(schema)
}

function parsed(payload: Uint8Array): unknown {
  try {
    return jsonCodec.decode(payload)
  } catch {
    return undefined
  }
}

function isText(payload: Uint8Array): boolean {
  try {
    textCodec.decode(payload)
    return true
  } catch {
    return false
  }
}
