import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { checkTopicName } from '@grapevine/protocol'
import { parse as parseToml } from 'smol-toml'
import { CommandError } from '../failure.ts'
import { unreadable } from '../file-error.ts'
import type { EndpointConfig, FilterConfig, StreamConfig } from './stream-config.ts'

/** Streams of one file at most. */
const streamsMax = 64

/**
 * Reads the streams of a router file: a table for each in TOML, or a member in JSON. Errors `not-found`, and `usage` with the
 * place, what was expected and what came.
 */
export async function readStreams(file: string): Promise<readonly StreamConfig[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, error)
  })
  let value: unknown
  try {
    value = extname(file) === '.json' ? JSON.parse(text) : parseToml(text)
  } catch (error) {
    const [first = ''] = (error as Error).message.split('\n')
    throw new CommandError('usage', `${file} is not ${extname(file) === '.json' ? 'JSON' : 'TOML'}: ${first}`)
  }
  const streams = Object.entries(tableOf(value, file)).map(([name, stream]) => streamOf(name, stream, file))
  if (streams.length === 0 || streams.length > streamsMax)
    throw wrong(file, 'streams', `1 to ${streamsMax}`, streams.length)
  return streams
}

/** The same for the same configuration: a stream that did not change goes on when the file is read again. */
export const identityOf = (stream: StreamConfig): string =>
  createHash('sha256').update(JSON.stringify(stream)).digest('hex')

function streamOf(name: string, value: unknown, file: string): StreamConfig {
  if (!/^[A-Za-z0-9._-]{1,40}$/.test(name)) throw wrong(file, 'name of a stream', '1 to 40 of A-Z a-z 0-9 . _ -', name)
  const table = tableOf(value, `${file}: ${name}`)
  const at = (field: string): string => `${file}: ${name}.${field}`
  only(table, ['from', 'to', 'direction', 'filter', 'plugin', 'start'], `${file}: ${name}`)
  const { direction = 'forward', start = 'new', plugin } = table
  const from = endpointOf(table['from'], at('from'))
  const to = endpointOf(table['to'], at('to'))
  if (direction !== 'forward' && direction !== 'both')
    throw wrong(file, `${name}.direction`, 'forward or both', direction)
  if (direction === 'both' && !('topic' in from && 'topic' in to))
    throw wrong(file, `${name}.direction`, 'both only between two topics', direction)
  if (start !== 'new' && start !== 'all') throw wrong(file, `${name}.start`, 'new or all', start)
  if (plugin !== undefined && typeof plugin !== 'string') throw wrong(file, `${name}.plugin`, 'a command', plugin)
  const filter = table['filter'] === undefined ? undefined : filterOf(table['filter'], at('filter'))
  return { name, from, to, direction, start, ...(filter && { filter }), ...(plugin !== undefined && { plugin }) }
}

function endpointOf(value: unknown, place: string): EndpointConfig {
  const table = tableOf(value, place)
  const kinds = (['topic', 'command', 'file', 'http'] as const).filter((kind) => table[kind] !== undefined)
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1)
    throw new CommandError(
      'usage',
      `${place}: expected one of topic, command, file and http, got ${kinds.join(' and ') || 'none'}`,
    )
  const target = textOf(table[kind], `${place}.${kind}`)
  if (kind === 'http') {
    only(table, ['http'], place)
    if (!URL.canParse(target) || !/^https?:/.test(target)) throw wrong(place, 'http', 'an address', target)
    return { http: target }
  }
  if (kind === 'topic') {
    only(table, ['topic', 'node', 'home'], place)
    if (!checkTopicName(target).ok) throw wrong(place, 'topic', '1 to 128 of A-Z a-z 0-9 . _ / -', target)
    const { node, home } = table
    if (node !== undefined && home !== undefined) throw wrong(place, 'node', 'node or home, not both', node)
    return {
      topic: target,
      ...(node !== undefined && { node: textOf(node, `${place}.node`) }),
      ...(home !== undefined && { home: textOf(home, `${place}.home`) }),
    }
  }
  only(table, [kind, 'lines'], place)
  const { lines } = table
  if (lines !== undefined && lines !== 'text' && lines !== 'json') throw wrong(place, 'lines', 'text or json', lines)
  const form: { lines?: 'text' | 'json' } = lines === undefined ? {} : { lines }
  return kind === 'command' ? { command: target, ...form } : { file: target, ...form }
}

function filterOf(value: unknown, place: string): FilterConfig {
  const table = tableOf(value, place)
  only(table, ['match', 'author', 'notAuthor', 'sizeMax', 'json'], place)
  const { match, author, notAuthor, sizeMax, json } = table
  if (match !== undefined && !isPattern(match)) throw wrong(place, 'match', 'a regular expression', match)
  for (const [field, list] of Object.entries({ author, notAuthor })) {
    const isList = Array.isArray(list) && list.every((item) => typeof item === 'string')
    if (list !== undefined && !isList) throw wrong(place, field, 'a list of peer ids', list)
  }
  if (sizeMax !== undefined && !Number.isSafeInteger(sizeMax)) throw wrong(place, 'sizeMax', 'bytes', sizeMax)
  if (json !== undefined) {
    for (const pointer of Object.keys(tableOf(json, `${place}.json`)))
      if (!pointer.startsWith('/')) throw wrong(place, 'json', 'JSON pointers such as /kind', pointer)
  }
  return table
}

function isPattern(value: unknown): boolean {
  try {
    if (typeof value !== 'string') return false
    RegExp(value, 'u')
    return true
  } catch {
    return false
  }
}

function tableOf(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new CommandError('usage', `${place}: expected a table, got ${shown(value)}`)
}

function only(table: Readonly<Record<string, unknown>>, fields: readonly string[], place: string): void {
  for (const field of Object.keys(table))
    if (!fields.includes(field)) throw wrong(place, field, `one of ${fields.join(', ')}`, 'an unknown field')
}

function textOf(value: unknown, place: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new CommandError('usage', `${place}: expected text, got ${shown(value)}`)
}

const shown = (value: unknown): string =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')).slice(0, 80)

const wrong = (place: string, field: string, expected: string, found: unknown): CommandError =>
  new CommandError('usage', `${place}: ${field}: expected ${expected}, got ${shown(found)}`)
