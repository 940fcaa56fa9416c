import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeSaved, encodeSaved, type SavedLine, type SavedPool } from '@grapevine/protocol/pool'

/** Beyond so many bytes the file is written anew once it has twice of what is needed. */
const slack = 1 << 20

/**
 * The file in which a pool survives a restart. What was noted is written by `flush`: what a crash takes from between was
 * accepted and is in the store of the node.
 */
export class Journal {
  readonly #file: string
  readonly #kept = new Map<string, { readonly bytes: Uint8Array; readonly size: number }>()
  #keptSize = 0
  #fileSize = 0
  #pending: string[] = []
  #isBehind = false

  /** `directory` has to be there. */
  constructor(directory: string) {
    this.#file = join(directory, 'pool.journal')
  }

  /** What was there when the file was last written, in the order in which it came. Throws if the file cannot be read. */
  read(): SavedPool {
    let text = ''
    try {
      text = readFileSync(this.#file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    this.#fileSize = text.length
    return decodeSaved(text)
  }

  /** Notes what was taken. */
  add(hash: string, bytes: Uint8Array): void {
    if (this.#kept.has(hash)) return
    const size = this.#note({ type: 'add', id: hash, isLocal: false, bytes })
    this.#kept.set(hash, { bytes, size })
    this.#keptSize += size
  }

  /** Notes the end of what was taken. */
  drop(hash: string): void {
    const kept = this.#kept.get(hash)
    if (kept === undefined) return
    this.#kept.delete(hash)
    this.#keptSize -= kept.size
    this.#note({ type: 'drop', id: hash })
  }

  /** Writes what was noted. Throws what the disk says; the next call then writes the file anew. */
  flush(): void {
    const added = this.#pending.join('')
    if (this.#isBehind || this.#fileSize + added.length > 2 * this.#keptSize + slack) return this.rewrite()
    if (added === '') return
    this.#pending = []
    this.#isBehind = true
    appendFileSync(this.#file, added, { mode: 0o600 })
    this.#isBehind = false
    this.#fileSize += added.length
  }

  /** Writes the file anew, with what is there. */
  rewrite(): void {
    const lines = [...this.#kept].map(([id, { bytes }]) => encodeSaved({ type: 'add', id, isLocal: false, bytes }))
    this.#pending = []
    this.#isBehind = true
    writeFileSync(`${this.#file}.new`, lines.join(''), { mode: 0o600 })
    renameSync(`${this.#file}.new`, this.#file)
    this.#isBehind = false
    this.#fileSize = this.#keptSize
  }

  #note(line: SavedLine): number {
    const text = encodeSaved(line)
    this.#pending.push(text)
    return text.length
  }
}
