import type { LogView } from '@grapevine/protocol/control'
import type { LogLevel } from './level.ts'

/** What a line says beside its text. Values are cut; `undefined` is left out. */
export type LogFields = Readonly<Record<string, unknown>>

/** Longest text of a field or a line, in characters: a stack fits, what a peer sends does not fill the file. */
const charactersMax = 4_096

/**
 * A line of the log as it stands in the file: one JSON object. Text may come from peers, so whatever a terminal could
 * act on is a `\u` escape: controls, bidirectional and other invisible characters. The value stays the same.
 */
export function formatLine(time: Date, level: LogLevel, part: string, text: string, fields: LogFields): string {
  const line = { time: time.toISOString(), level, part, text: cut(text), ...plainFields(fields) }
  return JSON.stringify(line).replace(hidden, (character) => {
    let escaped = ''
    for (let i = 0; i < character.length; i++) escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
    return escaped
  })
}

/** A line of the file; undefined for what is none, such as one that a crash cut off. */
export function parseLine(text: string): LogView | undefined {
  try {
    const value = JSON.parse(text) as Partial<LogView> | null
    const isLine = [value?.time, value?.level, value?.part, value?.text].every((entry) => typeof entry === 'string')
    return isLine ? (value as LogView) : undefined
  } catch {
    return undefined
  }
}

const hidden = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]--[\ufe0e\ufe0f]]/gv

function plainFields(fields: LogFields): Record<string, unknown> {
  const plain: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) plain[name] = plainValue(value)
  return plain
}

function plainValue(value: unknown): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value === 'string') return cut(value)
  if (value instanceof Error) return describeError(value)
  const json = jsonOf(value)
  return json.length <= charactersMax ? (JSON.parse(json) as unknown) : cut(json)
}

/** The stack, and those of its causes. */
function describeError(error: Error): string {
  try {
    const text = error.stack ?? `${error.name}: ${error.message}`
    return cut(error.cause instanceof Error ? `${text}\ncaused by ${error.cause.stack}` : text)
  } catch {
    return 'an error that cannot be read'
  }
}

/** Anything at all may be thrown or logged: what JSON refuses still says its type. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? `"${typeof value}"`
  } catch {
    return `"${typeof value}"`
  }
}

const cut = (text: string): string => (text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}…`)
