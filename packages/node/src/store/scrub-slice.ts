import type { Database, Value } from './database.ts'
import { DamagedDatabase } from './fault.ts'

/** Where a scrub is: tables one after the other, so that every page in use is read. */
export interface ScrubPosition {
  readonly table: 'key' | 'span' | 'record' | 'rest'
  /** The last row that was looked at, as far as it decides the order. */
  readonly after: readonly Value[]
  /** The row that came after it then. */
  readonly expected?: readonly Value[] | undefined
}

/** What decides the order of a table, what else is looked at, what comes before all rows, and how many rows a slice has. */
const tables: Readonly<Record<Exclude<ScrubPosition['table'], 'rest'>, Ordered>> = {
  // 4,096 at once grew the thread's heap by 10 MB, which it kept.
  key: { order: ['topic', 'at'], others: ['tail'], first: [-1, new Uint8Array()], count: 512 },
  span: {
    order: ['topic', 'author', 'epoch', 'sequence', 'arrival'],
    others: ['count', 'kept', 'time', 'size'],
    first: [-1, new Uint8Array(), -1, -1, -1],
    count: 256,
  },
  record: { order: ['arrival'], others: [], first: [0], count: 256 },
}

interface Ordered {
  readonly order: readonly string[]
  readonly others: readonly string[]
  readonly first: readonly Value[]
  readonly count: number
}

/** Rows of a table in their order. */
export interface Slice {
  readonly rows: readonly (readonly Value[])[]
  /** The row after them. */
  readonly following: readonly Value[] | undefined
}

/**
 * The rows after a position. Throws DamagedDatabase where they do not follow each other: then they are reached on a
 * wrong way, and others perhaps not at all. A row out of place shows beside its neighbours, so each slice looks one row
 * further than it goes, and the next must begin with that.
 */
export function sliceOf(database: Database, position: ScrubPosition & { table: keyof typeof tables }): Slice {
  const { order, others, first, count } = tables[position.table]
  const after = position.after.length === 0 ? first : position.after
  const rows = database.all(
    `SELECT ${[...order, ...others].join(', ')} FROM ${position.table}
     WHERE (${order.join(', ')}) > (${order.map(() => '?').join(', ')}) ORDER BY ${order.join(', ')} LIMIT ${count + 1}`,
    ...after,
  )
  for (const [index, row] of rows.entries()) {
    if (compare(rows[index - 1] ?? after, row, order.length) >= 0) throw new DamagedDatabase('rows are out of order')
  }
  const { expected } = position
  if (expected !== undefined && (rows[0] === undefined || compare(expected, rows[0], order.length) < 0)) {
    // Deleted meanwhile, unless it is still somewhere: asked in a way that goes by no order.
    const place = order.map((column) => `+${column} = ?`).join(' AND ')
    if (database.get(`SELECT 1 FROM ${position.table} WHERE ${place}`, ...expected) !== undefined)
      throw new DamagedDatabase('a row is out of reach')
  }
  return { rows: rows.slice(0, count), following: rows[count] }
}

/** The position after a row that another follows. */
export function positionAfter(
  table: keyof typeof tables,
  row: readonly Value[],
  following: readonly Value[] | undefined,
): ScrubPosition {
  const { length } = tables[table].order
  return { table, after: row.slice(0, length), expected: following?.slice(0, length) }
}

function compare(one: readonly Value[], other: readonly Value[], columns: number): number {
  for (let column = 0; column < columns; column++) {
    const [left, right] = [one[column], other[column]]
    const difference =
      left instanceof Uint8Array && right instanceof Uint8Array
        ? Buffer.compare(left, right)
        : Number(left) - Number(right)
    if (difference !== 0) return difference
  }
  return 0
}
