import type { OwnerState } from './owner-state.ts'
import type { Change } from './replica-event.ts'

/** Keys whose value differs between two states of an owner, the later one's in order of versions first. */
export function changesBetween(before: OwnerState | undefined, after: OwnerState): Change[] {
  const old = new Map(before?.entries.map((entry) => [entry.key, entry]))
  const changes: Change[] = []
  for (const entry of after.entries) {
    const was = old.get(entry.key)
    old.delete(entry.key)
    const isSame = was !== undefined && was.version === entry.version && before!.head.epoch === after.head.epoch
    if (!isSame && (entry.value !== undefined || was?.value !== undefined)) changes.push(entry)
  }
  for (const { key, value } of old.values())
    if (value !== undefined) changes.push({ key, value: undefined, time: 0, version: 0 })
  return changes.map(({ key, value, time, version }) => ({ key, value, time, version }))
}
