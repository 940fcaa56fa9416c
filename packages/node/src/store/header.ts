import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { DamagedDatabase } from './fault.ts'
import { pageSize } from './page-file.ts'

/** Length of a database's header, and of a WAL's. */
const [headerSize, walHeaderSize] = [100, 32]
/** Bytes of the header that are the same in every database of ours, by where they begin. Both versions of the format. */
const constants: readonly (readonly [at: number, bytes: string])[] = [
  [0, Buffer.from('SQLite format 3\0').toString('hex')],
  // Page size, versions of the format (2 is WAL), no reserved bytes, fractions.
  [16, `${pageSize.toString(16)}020200402020`],
  // The schema's format, and UTF-8, further on.
  [44, '00000004'],
  [56, '00000001'],
]

/**
 * Throws DamagedDatabase if the header of a database file is none of ours. SQLite believes what it says: a file that
 * is written by nobody, of another page size, of more or fewer pages. Source: https://www.sqlite.org/fileformat.html,
 * section 1.3. A new file, and one whose first page is in the WAL, is SQLite's own to judge.
 */
export function checkHeader(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  const wal = `${path}-wal`
  if (size === 0 || (existsSync(wal) && statSync(wal).size > walHeaderSize)) return
  const header = Buffer.alloc(headerSize)
  const file = openSync(path, 'r')
  readSync(file, header)
  closeSync(file)
  const isOurs = constants.every(([at, bytes]) => header.toString('hex', at, at + bytes.length / 2) === bytes)
  if (!isOurs || header.readUInt32BE(28) * pageSize !== size)
    throw new DamagedDatabase('its header is not that of a store')
}
