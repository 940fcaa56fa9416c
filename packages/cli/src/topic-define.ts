import { readFile } from 'node:fs/promises'
import { type Dissemination, parseHashId, type TopicDefinition, type TopicDefinitionInput } from '@grapevine/protocol'
import { clientOf, type Context } from './context.ts'
import { CommandError } from './failure.ts'
import { unreadable } from './file-error.ts'
import { keepOf, type KeepOptions } from './keep-option.ts'
import { readWhole } from './line.ts'
import { print, printJson, suggest } from './output.ts'
import { requireTopicName } from './topic-argument.ts'
import { topicScreen } from './topic-screen.ts'
import { setValidator, type ValidatorOptions } from './validator-option.ts'

/** Options of `topic define`. */
export interface DefineOptions extends KeepOptions, ValidatorOptions {
  readonly schema?: string | undefined
  readonly text?: true | undefined
  readonly bytes?: true | undefined
  readonly id?: string | undefined
  readonly maxBytes?: number | undefined
  readonly dissemination?: Dissemination | undefined
  readonly rate?: number | undefined
  readonly validate?: 'each' | 'together' | undefined
  readonly raw?: true | undefined
  readonly replace?: true | undefined
}

/** A definition holds a schema of 64 Ki characters at most, and little else. */
const fileBytesMax = 262_144

/** Defines a topic, from options or a file, and shows what came of it. */
export async function define(given: string, options: DefineOptions, context: Context): Promise<void> {
  const definition =
    given === '-' || given.endsWith('.json') ? await fromFile(given, options) : await fromOptions(given, options)
  const client = await clientOf(context)
  await setValidator(definition.name, options, client)
  const body = { definition, ...(options.replace && { replace: true }) }
  const view = await client.call('topicDefine', {}, { body })
  if (context.json) return printJson(view)
  await print(topicScreen(view))
  suggest(`next: ${context.self} topic show ${view.topic}, or on another node: topic define with the same rules`)
}

async function fromFile(path: string, options: DefineOptions): Promise<TopicDefinitionInput> {
  const { replace: _, validator: _v, onFailure: _f, validatorTimeout: _t, ...rules } = options
  const [rule] = Object.keys(rules)
  if (rule !== undefined) {
    const flag = `--${rule.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    throw new CommandError('usage', `${flag} and a definition from a file exclude each other`, 'change the file')
  }
  const value = await readJson(path, 'a definition')
  // What `topic show --json` prints has more around it.
  const { definition } = value as { definition?: unknown }
  return (typeof definition === 'object' && definition !== null ? definition : value) as TopicDefinitionInput
}

async function fromOptions(name: string, options: DefineOptions): Promise<TopicDefinitionInput> {
  requireTopicName(name)
  const { schema, text, id, maxBytes, rate, validate, raw, dissemination } = options
  const json = schema === undefined ? undefined : await readJson(schema, 'a JSON Schema', true)
  return {
    name,
    ...(text && { payload: 'text' as const }),
    ...(json !== undefined && { payload: { json: json as Readonly<Record<string, unknown>> } }),
    ...(id !== undefined && { id: idRule(id) }),
    ...(maxBytes !== undefined && { messageBytesMax: maxBytes }),
    ...(rate !== undefined && { authorRateMax: rate }),
    ...(validate && { validate }),
    ...(dissemination && { dissemination }),
    ...(raw && { format: 'raw' as const }),
    ...keepOf(options),
  }
}

function idRule(text: string): TopicDefinition['id'] {
  if (text === 'signed' || text === 'content') return text
  const rule = text.startsWith('/') ? { field: text } : parseHashId(text)
  if (rule !== undefined) return rule
  throw new CommandError(
    'usage',
    `--id ${text}: it takes signed, content, a JSON pointer such as /sensor/id, or a hash such as keccak256 or sha256d:80:reversed`,
    'see: grapevine topic define --help',
  )
}

async function readJson(path: string, what: string, orBoolean = false): Promise<unknown> {
  const bytes = path === '-' ? await readWhole(process.stdin, fileBytesMax) : await readSmall(path)
  const name = path === '-' ? 'standard input' : path
  if (bytes === undefined) throw new CommandError('usage', `${name} is too large for ${what}`)
  let value: unknown
  try {
    value = JSON.parse(bytes.toString())
  } catch (error) {
    throw new CommandError('usage', `${name} is not JSON: ${(error as Error).message}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  if (orBoolean && typeof value === 'boolean') return value
  throw new CommandError('usage', `${name} does not hold ${what}`, 'it takes a JSON object')
}

async function readSmall(path: string): Promise<Buffer | undefined> {
  try {
    const bytes = await readFile(path)
    return bytes.length > fileBytesMax ? undefined : bytes
  } catch (error) {
    throw unreadable(path, error)
  }
}
