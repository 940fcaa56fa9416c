import { toHex } from '@grapevine/protocol'
import type { RecordedLife } from '@grapevine/protocol/recording'
import type { PlayedStep } from '@grapevine/sim/replay'
import type { EventFilter } from './replay-filter.ts'

/** Bytes up to which they are shown, as ids and hashes are. */
const shownMax = 32
/** What may be the body of a message or a value of state: only its size is shown. */
const bodies: ReadonlySet<string> = new Set(['payload', 'bytes', 'value', 'envelopes'])
const listMax = 16
const textMax = 200

/** An event as a line of `replay --events`; undefined unless the filter wants it. */
export function describeEvent(
  { number, step, actions, error, difference }: PlayedStep,
  life: RecordedLife,
  filter?: EventFilter,
): object | undefined {
  const { type, ...facts } = step.event
  const line = {
    number,
    time: new Date(life.origin + step.now).toISOString(),
    now: step.now,
    part: step.part,
    event: type,
    facts: shown(facts),
    ...(actions === undefined ? { threw: String(error) } : { actions: actions.map((action) => shown(action)) }),
    ...(difference && { difference: shown(difference) }),
  }
  const names = new Set<string>([step.part, type, ...(actions ?? []).map((action) => action.type)])
  return filter?.wants(names, () => JSON.stringify(line)) === false ? undefined : line
}

/** A value as JSON can hold it, without the bodies of messages; `key` is its name. */
function shown(value: unknown, key = ''): unknown {
  if (value instanceof Uint8Array) {
    return value.length <= shownMax && !bodies.has(key) ? toHex(value) : `${value.length} bytes`
  }
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return value.length <= textMax ? value : `${value.slice(0, textMax)}…`
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (Array.isArray(value)) {
    const items = value.slice(0, listMax).map((item) => shown(item, key))
    return value.length > listMax ? [...items, `and ${value.length - listMax} more`] : items
  }
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value
  if ('ids' in value && 'times' in value && 'length' in value) return `${String(value.length)} keys`
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shown(item, name)]))
}
