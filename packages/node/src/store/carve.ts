import { type PageFile, pageSize } from './page-file.ts'

/** A column of a row that was found in a page. */
type Column = null | number | string | Uint8Array

/** A row of some table, without a word on which; of a table without rowid, `rowid` is undefined. */
export interface CarvedRow {
  readonly rowid: number | undefined
  readonly columns: readonly Column[]
}

/** First byte of a b-tree page that holds rows: leaf of a table, leaf and inner node of an index or table without rowid. */
const kinds: Readonly<Record<number, { readonly head: number; readonly child: number; readonly isTable: boolean }>> = {
  0x0d: { head: 8, child: 0, isTable: true },
  0x0a: { head: 8, child: 0, isTable: false },
  0x02: { head: 12, child: 4, isTable: false },
}
const rowBytesMax = 4 << 20
const text = new TextDecoder()

/** All rows in all pages of a database, whatever else is broken. What comes is only as good as its own checksum. */
export function* carve(file: PageFile): Generator<CarvedRow> {
  const free = file.free()
  for (let number = 1; number <= file.count; number++) {
    const page = free.has(number) ? undefined : file.page(number)
    if (page !== undefined) yield* rowsOf(file, page, number === 1 ? 100 : 0)
  }
}

function* rowsOf(file: PageFile, page: Uint8Array, start: number): Generator<CarvedRow> {
  const kind = kinds[page[start]!]
  if (kind === undefined) return
  const view = new DataView(page.buffer, page.byteOffset, pageSize)
  const cells = Math.min(view.getUint16(start + 3), (pageSize - start - kind.head) / 2)
  for (let cell = 0; cell < cells; cell++) {
    try {
      const row = rowAt(file, page, view.getUint16(start + kind.head + 2 * cell) + kind.child, kind.isTable)
      if (row !== undefined) yield row
    } catch (error) {
      // A length or a pointer that leads out of the page.
      if (!(error instanceof RangeError)) throw error
    }
  }
}

function rowAt(file: PageFile, page: Uint8Array, at: number, isTable: boolean): CarvedRow | undefined {
  const size = varint(page, at)
  const rowid = isTable ? varint(page, size.end) : undefined
  if (size.value > rowBytesMax) return undefined
  const payload = payloadAt(file, page, rowid?.end ?? size.end, size.value, isTable)
  return payload === undefined ? undefined : { rowid: rowid?.value, columns: columnsOf(payload) }
}

/** A row's bytes: some in its page, what does not fit in a chain of others. */
function payloadAt(
  file: PageFile,
  page: Uint8Array,
  at: number,
  size: number,
  isTable: boolean,
): Uint8Array | undefined {
  const localMax = isTable ? pageSize - 35 : Math.floor(((pageSize - 12) * 64) / 255) - 23
  if (size <= localMax) return page.subarray(at, at + size)
  const localMin = Math.floor(((pageSize - 12) * 32) / 255) - 23
  const wanted = localMin + ((size - localMin) % (pageSize - 4))
  const local = wanted <= localMax ? wanted : localMin
  const payload = new Uint8Array(size)
  payload.set(page.subarray(at, at + local))
  let next = new DataView(page.buffer, page.byteOffset, pageSize).getUint32(at + local)
  for (let filled = local; filled < size; filled += pageSize - 4) {
    const more = file.page(next)
    if (more === undefined) return undefined
    payload.set(more.subarray(4, 4 + Math.min(size - filled, pageSize - 4)), filled)
    next = new DataView(more.buffer, more.byteOffset, pageSize).getUint32(0)
  }
  return payload
}

function columnsOf(payload: Uint8Array): readonly Column[] {
  const head = varint(payload, 0)
  const columns: Column[] = []
  let body = head.value
  for (let at = head.end; at < head.value;) {
    const type = varint(payload, at)
    at = type.end
    const { value, size } = columnAt(payload, body, type.value)
    columns.push(value)
    body += size
  }
  return columns
}

const integerSizes = [0, 1, 2, 3, 4, 6, 8]

function columnAt(payload: Uint8Array, at: number, type: number): { readonly value: Column; readonly size: number } {
  if (type === 8 || type === 9) return { value: type - 8, size: 0 }
  if (type >= 12) {
    const size = (type - (type % 2) - 12) / 2
    const bytes = payload.slice(at, at + size)
    if (bytes.length !== size) throw new RangeError('a column is longer than its row')
    return { value: type % 2 === 0 ? bytes : text.decode(bytes), size }
  }
  const size = integerSizes[type]
  if (size === undefined || size === 0) return { value: null, size: type === 7 ? 8 : 0 }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  let value = view.getInt8(at)
  for (let index = 1; index < size; index++) value = value * 256 + view.getUint8(at + index)
  return { value, size }
}

/** SQLite's integer of 1 to 9 bytes. Beyond 2⁵³ no number of ours is. */
function varint(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  let value = 0
  for (let index = 0; index < 9; index++) {
    const byte = bytes[at + index]
    if (byte === undefined) throw new RangeError('a number at the end of a page')
    if (index === 8) return { value: value * 256 + byte, end: at + 9 }
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return { value, end: at + index + 1 }
  }
  throw new RangeError('unreachable')
}
