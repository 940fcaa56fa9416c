import type { SharedChangeView, SharedView, StateChangeView, StateView, ValueInput } from '@grapevine/protocol/control'
import { formatAge } from './duration.ts'
import { plural, print, resultsOnTerminal, styled, write } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** Characters of a value that a table shows. */
const shownMax = 48

/** Prints a value: its exact bytes, or to a terminal its text, escaped. */
export async function printValue(value: ValueInput): Promise<void> {
  await (resultsOnTerminal() ? print(textOf(value)) : write(bytesOf(value)))
}

/** Keys as aligned lines: whose, key, the beginning of the value, version and age. `now` in ms since 1970. */
export function stateLines(entries: readonly StateView[], now: number): string[] {
  return table(
    entries.map((entry) => [
      shortPeer(entry.peerId),
      styled('bold', safe(entry.key)),
      shown(entry),
      `version ${entry.version}`,
      formatAge(now - Date.parse(entry.time)),
    ]),
  )
}

/** Shared keys as aligned lines: kind, key, what it is now, how many nodes have a part in it, and who wrote last when. */
export function sharedLines(entries: readonly SharedView[], now: number): string[] {
  return table(
    entries.map((entry) => [
      entry.kind,
      styled('bold', safe(entry.key)),
      entry.kind === 'value' ? shown(entry) : sumOf(entry),
      plural(entry.writers, 'writer'),
      entry.by === undefined ? '' : `${shortPeer(entry.by)}, ${formatAge(now - Date.parse(entry.time ?? ''))}`,
    ]),
  )
}

/** A change as a line: `…Qm7xKd role=relay`, `…Qm7xKd role deleted`. */
export const changeLine = (change: StateChangeView): string =>
  `${shortPeer(change.peerId)} ${safe(change.key)}${change.change === 'removed' ? ' deleted' : `=${textOf(change)}`}`

/** A change of a shared key as a line: `value leader=anna`, `counter hits=3`, `group jobs=build,test`. */
export function sharedChangeLine(change: SharedChangeView): string {
  const { kind, key, count, elements = [] } = change
  if (change.change === 'removed') return `${kind} ${safe(key)} deleted`
  const value = kind === 'value' ? textOf(change) : kind === 'counter' ? String(count) : elements.map(textOf).join(',')
  return `${kind} ${safe(key)}=${value}`
}

/** The beginning of a value on one line, with its size if there is more of it. */
export function shown(value: ValueInput & { readonly size?: number; readonly cut?: true }): string {
  const text = textOf(value)
  const characters = Array.from(text)
  if (characters.length <= shownMax && value.cut !== true) return text
  return `${characters.slice(0, shownMax).join('')}… ${plural(value.size ?? 0, 'byte')}`
}

/** A peer id as people see it. */
const shortPeer = (peerId: string): string => `…${peerId.slice(-6)}`

/** A value on one line: text with what could do harm escaped; or bytes, in hex. */
export const textOf = ({ text, base64 }: ValueInput): string =>
  text === undefined ? `0x${Buffer.from(base64 ?? '', 'base64').toString('hex')}` : safe(text)

const bytesOf = ({ text, base64 }: ValueInput): Buffer =>
  text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text)

const sumOf = ({ kind, count = 0 }: SharedView): string =>
  kind === 'counter' ? String(count) : plural(Number(count), 'element')
