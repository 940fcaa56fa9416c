import type { Park, Parked } from './park.ts'

/** Steps of the search: a longer chain is not searched to its end, and ends by time. */
const stepsMax = 4_096

/** Whether an entry waits for itself, by way of others that wait. */
export function hasCycle<Item>(park: Park<Item>, { names, waits }: Parked<Item>): boolean {
  const own = new Set(names)
  const seen = new Set<string>()
  const todo = [...waits]
  for (let name = todo.pop(); name !== undefined && seen.size < stepsMax; name = todo.pop()) {
    if (own.has(name)) return true
    if (seen.has(name)) continue
    seen.add(name)
    for (const entry of park.named(name)) todo.push(...entry.waits)
  }
  return false
}
