import type { LogView } from '@grapevine/protocol/control'
import { styled } from './output.ts'
import { safe } from './safe.ts'

const styles = { error: 'red', warn: 'yellow', info: 'bold', debug: 'dim', trace: 'dim' } as const

/** A line of the log for people: time of day here, level, part, text, and the other fields as `name=value`. */
export function logLine(line: LogView): string {
  const { time, level, part, text, ...fields } = line
  const at = new Date(time)
  const clock = Number.isNaN(at.getTime()) ? time : `${dayOf(at)} ${at.toTimeString().slice(0, 8)}`
  const word = Object.hasOwn(styles, level) ? styled(styles[level], level.padEnd(5)) : safe(level)
  return `${safe(clock)} ${word} ${safe(part)}: ${safe(text)}${fieldText(fields)}`
}

/** The same for whoever watches a node in front. */
export function watchLine(level: string, text: string, fields: Readonly<Record<string, unknown>>): string {
  return `${level === 'warn' ? 'warning' : level}: ${safe(text)}${fieldText(fields)}`
}

const dayOf = (at: Date): string =>
  `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`

function fieldText(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => ` ${safe(name)}=${valueText(value)}`)
    .join('')
}

function valueText(value: unknown): string {
  if (value instanceof Error) return safe(value.stack ?? value.message)
  if (typeof value !== 'string') return safe(JSON.stringify(value) ?? String(value))
  return /^[^\s"=]+$/.test(value) ? safe(value) : JSON.stringify(safe(value)).replaceAll(String.raw`\\`, '\\')
}
