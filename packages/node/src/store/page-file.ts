import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'

/** Bytes of a page, as the store makes its databases. */
export const pageSize = 4096
const [walHeaderSize, frameHeaderSize] = [32, 24]

/**
 * The pages of a SQLite database as bytes, without SQLite: for a file that it does not open any more. Pages in the WAL
 * stand in for those in the file. Format: https://www.sqlite.org/fileformat.html
 */
export class PageFile {
  readonly #file: number
  /** Pages by number, from the WAL. */
  readonly #newer: ReadonlyMap<number, Uint8Array>
  /** How many pages there are; the first has number 1. */
  readonly count: number

  constructor(path: string) {
    this.#file = openSync(path, 'r')
    this.#newer = walPages(`${path}-wal`)
    this.count = Math.max(Math.floor(fstatSync(this.#file).size / pageSize), ...this.#newer.keys())
  }

  /** A page, or undefined where there is none with this number. */
  page(number: number): Uint8Array | undefined {
    const newer = this.#newer.get(number)
    if (newer !== undefined) return newer
    if (!(number >= 1 && number <= this.count)) return undefined
    const page = new Uint8Array(pageSize)
    return readSync(this.#file, page, 0, pageSize, (number - 1) * pageSize) === pageSize ? page : undefined
  }

  /** Numbers of pages that are free: what they hold was deleted. As far as their list can be followed. */
  free(): ReadonlySet<number> {
    const free = new Set<number>()
    const first = this.page(1)
    let trunk = first === undefined ? 0 : u32(first, 32)
    while (trunk !== 0 && !free.has(trunk)) {
      const page = this.page(trunk)
      if (page === undefined) break
      free.add(trunk)
      const leaves = Math.min(u32(page, 4), pageSize / 4 - 2)
      for (let index = 0; index < leaves; index++) free.add(u32(page, 8 + 4 * index))
      trunk = u32(page, 0)
    }
    return free
  }

  close(): void {
    closeSync(this.#file)
  }
}

const u32 = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at)

/** The last version of each page in a WAL. Frames of an earlier round have other salts. */
function walPages(path: string): ReadonlyMap<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>()
  const wal = existsSync(path) ? new Uint8Array(readFileSync(path)) : new Uint8Array()
  if (wal.length < walHeaderSize || u32(wal, 8) !== pageSize) return pages
  const isOfRound = (at: number): boolean => u32(wal, at + 8) === u32(wal, 16) && u32(wal, at + 12) === u32(wal, 20)
  const size = frameHeaderSize + pageSize
  for (let at = walHeaderSize; at + size <= wal.length && isOfRound(at); at += size) {
    pages.set(u32(wal, at), wal.subarray(at + frameHeaderSize, at + size))
  }
  return pages
}
