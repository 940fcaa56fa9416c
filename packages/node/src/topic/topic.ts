import {
  completeDefinition,
  ProtocolError,
  type Message,
  type PayloadRule,
  type TopicDefinition,
} from '@grapevine/protocol'
import { checkValue } from '../config/value.ts'
import { NodeError } from '../error.ts'
import type { ValidatorAnswer } from './answer.ts'
import { jsonSchemaOf, standardCheck, type StandardSchema } from './standard-schema.ts'
import { bytesCodec, jsonCodec, textCodec, type Codec } from './codec.ts'

/** A message of a typed topic. */
export interface TopicMessage<Value> extends Message {
  readonly value: Value
}

/** What a program says of a topic. Everything but the name has a default. */
export interface TopicOptions<Payload, Value> {
  /** `[A-Za-z0-9._/-]{1,128}` */
  readonly name: string
  /**
   * `bytes` (default), `text`, `{ json: JSON Schema 2020-12 }`, or any Standard Schema (zod, valibot, arktype, …) for
   * JSON payloads. A Standard Schema must answer at once: what has to wait belongs into `validate`. It checks values and
   * does not change them.
   */
  readonly payload?: Payload
  /** `signed` (default), `content`, `{ field }`, or a function of payload and author to an id of 1 to 32 bytes. */
  readonly id?: TopicDefinition['id'] | ((payload: Uint8Array, author: Uint8Array) => Uint8Array | undefined)
  readonly format?: TopicDefinition['format']
  /** Largest payload in bytes. Default and most: what fits into an envelope, 59,829; where payloads are fetched, 32 MiB. */
  readonly messageBytesMax?: number
  /** `push` (default): payloads travel in their envelopes. `announce`: who lacks one fetches it. `{ hybrid }`: so those of more bytes. */
  readonly dissemination?: TopicDefinition['dissemination']
  /** Messages of one author a second. Default: no limit. */
  readonly authorRateMax?: number
  /** `lossless` (default): on disk before it is delivered, and reconciled with peers. `best-effort` keeps nothing. */
  readonly delivery?: TopicDefinition['delivery']
  /** How long this node keeps it. Default: the node's options `store.timeMs` and `store.sizeMax`. */
  readonly retention?: TopicDefinition['retention']
  /**
   * Judges one message. A throw or no answer within `validateTimeoutMs` is our failure: nobody is blamed, and the message is
   * judged again.
   */
  readonly validate?: (message: TopicMessage<Value>) => ValidatorAnswer | Promise<ValidatorAnswer>
  /** 10 to 60,000. Default: the node's option `validate.timeoutMs`, 5,000. */
  readonly validateTimeoutMs?: number
  /** Validators at work at once, 1 to 10,000; others wait. Default: the node's option `validate.concurrency`, 64. */
  readonly validateConcurrency?: number
}

/** A checked topic; make one with {@link defineTopic}. */
export interface Topic<Value = unknown> {
  readonly name: string
  /** What nodes must agree on; its hash goes into envelopes. */
  readonly definition: TopicDefinition
  readonly codec: Codec<Value>
  readonly contentId?: (payload: Uint8Array, author: Uint8Array) => Uint8Array | undefined
  /** Checks a decoded JSON value with a Standard Schema: what is wrong, or undefined. */
  readonly checkValue?: (value: unknown) => string | undefined
  readonly validate?: (message: Message) => ValidatorAnswer | Promise<ValidatorAnswer>
  readonly validateTimeoutMs?: number
  readonly validateConcurrency?: number
}

/**
 * The type of a topic's values, from its payload rule. Of a Standard Schema it is what goes in: values are checked, and
 * stay as they were sent, without the schema's defaults and transforms.
 */
export type ValueOf<Payload> =
  Payload extends StandardSchema<infer Input, infer Output>
    ? // A schema without `types` says only what comes out.
      unknown extends Input
      ? Output
      : Input
    : Payload extends 'text'
      ? string
      : Payload extends { readonly json: unknown }
        ? unknown
        : Uint8Array

/** Checks the rules of a topic and ties them to their types. Error `usage`, naming the field. */
export function defineTopic<const Payload extends PayloadRule | StandardSchema<unknown, unknown> = 'bytes'>(
  options: TopicOptions<Payload, ValueOf<Payload>>,
): Topic<ValueOf<Payload>> {
  type Value = ValueOf<Payload>
  const { name, payload = 'bytes', id, validate } = options
  checkBound('validateTimeoutMs', 'validate.timeoutMs', options.validateTimeoutMs)
  checkBound('validateConcurrency', 'validate.concurrency', options.validateConcurrency)
  const schema = isStandard(payload) ? payload : undefined
  const rule: PayloadRule = schema === undefined ? (payload as PayloadRule) : { json: jsonSchemaOf(schema) }
  const codec = codecOf(rule) as Codec<Value>
  return {
    name,
    codec,
    definition: checked({
      name,
      payload: rule,
      ...(id !== undefined && { id: typeof id === 'function' ? { custom: name } : id }),
      ...(options.format && { format: options.format }),
      ...(options.messageBytesMax !== undefined && { messageBytesMax: options.messageBytesMax }),
      ...(options.authorRateMax !== undefined && { authorRateMax: options.authorRateMax }),
      ...(options.dissemination !== undefined && { dissemination: options.dissemination }),
      ...(options.delivery && { delivery: options.delivery }),
      ...(options.retention && { retention: options.retention }),
    }),
    ...(typeof id === 'function' && { contentId: id }),
    ...(schema && { checkValue: standardCheck(schema) }),
    ...(validate && { validate: (message) => validate({ ...message, value: codec.decode(message.payload) }) }),
    ...(options.validateTimeoutMs !== undefined && { validateTimeoutMs: options.validateTimeoutMs }),
    ...(options.validateConcurrency !== undefined && { validateConcurrency: options.validateConcurrency }),
  }
}

/** Holds a bound of validators to the range of the node's option that it stands in for. Error `usage`. */
function checkBound(
  field: string,
  option: 'validate.timeoutMs' | 'validate.concurrency',
  value: number | undefined,
): void {
  if (value !== undefined) checkValue(option, value, `${field} of the topic`, 'usage')
}

/** The topic that a definition alone makes. Error `usage`. */
export function topicOf(input: Parameters<typeof completeDefinition>[0]): Topic {
  const definition = checked(input)
  return { name: definition.name, definition, codec: codecOf(definition.payload) }
}

function checked(input: Parameters<typeof completeDefinition>[0]): TopicDefinition {
  try {
    return completeDefinition(input)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new NodeError('usage', `topic definition: ${error.message}`, 'see: grapevine topic define --help', {
      cause: error,
    })
  }
}

function codecOf(rule: PayloadRule): Codec<Uint8Array> | Codec<string> | Codec<unknown> {
  if (rule === 'bytes') return bytesCodec
  return rule === 'text' ? textCodec : jsonCodec
}

const isStandard = (payload: unknown): payload is StandardSchema<unknown, unknown> =>
  (typeof payload === 'object' || typeof payload === 'function') && payload !== null && '~standard' in payload
