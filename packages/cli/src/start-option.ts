import { InvalidArgumentError } from '@commander-js/extra-typings'
import type { StartQuery } from '@grapevine/protocol/control'
import { parseDuration, parsePeriod } from './duration.ts'
import { CommandError } from './failure.ts'

/** Options that say where a reader begins. */
export interface StartOptions {
  /** ISO 8601, or a message id. */
  readonly since?: string | undefined
  readonly last?: number | undefined
  readonly all?: true | undefined
  readonly new?: true | undefined
}

/** What `--since` takes, for help. */
export const momentHelp = 'a time ago such as 1h or 7d, or a moment such as 2026-11-22T10:00Z'

/** Parser of a moment: a period before now, or a date with or without a time (of this machine's zone unless it says). */
export function moment(text: string): string {
  const found = momentOf(text)
  if (found !== undefined) return found
  throw new InvalidArgumentError(`It takes ${momentHelp}.`)
}

/** Parser of a moment or a message id. */
export function momentOrId(text: string): string {
  const found = momentOf(text)
  if (found !== undefined) return found
  if (/^[0-9a-fA-F]{6,64}$/.test(text)) return text.toLowerCase()
  throw new InvalidArgumentError(`It takes ${momentHelp}; or the id of a message.`)
}

/** The start as the control API takes it. Error `usage` if there is more than one. */
export function startQuery({ since, last, all, new: fresh }: StartOptions): StartQuery {
  const given = [since !== undefined && '--since', last !== undefined && '--last', all && '--all', fresh && '--new']
  const names = given.filter((name) => typeof name === 'string')
  if (names.length > 1) throw new CommandError('usage', `${names.join(' and ')} exclude each other`, 'choose one')
  return { ...(since !== undefined && { since }), ...(last !== undefined && { last }), ...(all && { all }) }
}

function momentOf(text: string): string | undefined {
  // A whole id can begin like a number of seconds.
  const ago = text.length < 64 ? (parseDuration(text) ?? parsePeriod(text)) : undefined
  if (ago !== undefined) return new Date(Math.max(0, Date.now() - ago)).toISOString()
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)) return undefined
  // A date without a time is midnight here, as a date with one is a time here.
  const ms = Date.parse(text.length === 10 ? `${text}T00:00` : text)
  return Number.isNaN(ms) || ms < 0 ? undefined : new Date(ms).toISOString()
}
