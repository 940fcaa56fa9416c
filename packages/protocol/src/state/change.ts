import { equalBytes } from '../bytes.ts'
import type { Entry } from './entry.ts'
import type { OwnerState } from './owner-state.ts'
import type { Change } from './replica-event.ts'

const none = new Map<string, Entry>()
const byKey = (entries: readonly Entry[]): Map<string, Entry> => new Map(entries.map((entry) => [entry.key, entry]))

/** Keys whose value differs between two states of an owner, the later one's in order of versions first. */
export function changesBetween(before: OwnerState | undefined, after: OwnerState): Change[] {
  // Mostly there was nothing before: a node that joins is told of thousands.
  const old = before === undefined || before.entries.length === 0 ? none : byKey(before.entries)
  const changes: Change[] = []
  for (const { key, value, time, version } of after.entries) {
    const was = old.get(key)
    if (was !== undefined) old.delete(key)
    const isSame = was !== undefined && was.version === version && before!.head.epoch === after.head.epoch
    if (isSame || (value === undefined && was?.value === undefined)) continue
    const repeats = value !== undefined && was?.value !== undefined && equalBytes(value, was.value)
    changes.push({ key, value, time, version, ...(repeats && { repeats: true }) })
  }
  for (const { key, value } of old.values())
    if (value !== undefined) changes.push({ key, value: undefined, time: 0, version: 0 })
  return changes
}
