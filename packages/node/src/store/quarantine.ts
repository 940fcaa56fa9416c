import { citedAgain } from './body-rows.ts'
import type { Context } from './context.ts'
import { atSize } from './key-row.ts'
import { joinAts, type KeyChunk } from './keys.ts'
import { damaged, readRow } from './stored.ts'

/** Messages of a topic that are no longer in the store, because their records were damaged. */
export interface TopicDamage {
  readonly topic: string
  readonly keys: KeyChunk
}

/**
 * Takes damaged records out of the store with everything that points at them, and tells which messages that were. A
 * record that reads well after all stays. Within a transaction.
 */
export function quarantine(context: Context, arrivals: readonly number[]): readonly TopicDamage[] {
  const { database } = context
  const broken = arrivals.filter((arrival) => {
    const read = readRow(context, arrival)
    return read === damaged || read === undefined
  })
  if (broken.length === 0) return []
  // An index that disagrees with its record would refuse the deletion, and one that leads nowhere be found again.
  database.exec('REINDEX record')
  for (const arrival of broken) database.run('DELETE FROM record WHERE arrival = ?', arrival)
  const found = pointingAt(context, broken)
  const numbers = JSON.stringify(broken)
  for (const table of ['span', 'body'])
    database.run(`DELETE FROM ${table} WHERE arrival IN (SELECT value FROM json_each(?))`, numbers)
  for (const [topic, at] of found) database.run('DELETE FROM key WHERE topic = ? AND at = ?', topic, at)
  recount(context)
  return damageOf(context, found)
}

/** Rows of `key`, told as messages of their topics. */
export function damageOf(
  { topics }: Context,
  rows: readonly (readonly [topic: number, at: Uint8Array])[],
): readonly TopicDamage[] {
  const byTopic = Map.groupBy(rows, ([topic]) => topics.byId(topic)?.name)
  return [...byTopic].flatMap(([topic, of]) => {
    const ats = of.map(([, at]) => at).filter((at) => at.length === atSize)
    return topic === undefined || ats.length === 0 ? [] : [{ topic, keys: joinAts(ats) }]
  })
}

/** Counts anew what each topic has. Within a transaction. */
export function recount({ database, topics }: Context): void {
  const counts = new Map(
    database
      .all('SELECT topic, sum(kept), count(*), sum(size) FROM span GROUP BY topic')
      .map(([topic, ...numbers]) => [Number(topic), numbers.map(Number)]),
  )
  const again = citedAgain({ database })
  for (const entry of topics.all()) {
    const [messages = 0, records = 0, bytes = 0] = counts.get(entry.id) ?? []
    Object.assign(entry, { messages, records, bytes: bytes - (again.get(entry.id) ?? 0) })
    topics.touch(entry)
  }
  topics.save()
}

/** Rows of `key` that lead to these records: a look at all keys, 50 ms for a million. */
function pointingAt({ database }: Context, arrivals: readonly number[]): [topic: number, at: Uint8Array][] {
  const wanted = arrivals.map((arrival) => {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, arrival)
    return bytes
  })
  const places = wanted.map(() => '?').join(', ')
  const rows = database.all(`SELECT topic, at FROM key WHERE substr(tail, 1, 8) IN (${places})`, ...wanted)
  return rows.flatMap(([topic, at]) =>
    typeof topic === 'number' && at instanceof Uint8Array ? [[topic, at] as [number, Uint8Array]] : [],
  )
}
