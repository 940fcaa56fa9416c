import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** The log of a home, and the one before it. */
export const logFile = (home: string): string => join(home, 'node.log')
export const oldLogFile = (home: string): string => join(home, 'node.log.1')

/** Size at which a log becomes the old one: both together stay within 10 MB. */
const fileBytesMax = 5_000_000

/**
 * Appends lines to the log of a home, and turns to a new file when it is full. Lines of one turn of the event loop go
 * out in one write. A disk that takes no more costs lines, never an error; once it takes some again, it says how many.
 */
export class LogFile {
  readonly #path: string
  readonly #oldPath: string
  readonly #bytesMax: number
  #file: number | undefined
  #size = 0
  #text = ''
  #lines = 0
  #lost = 0
  #scheduled: NodeJS.Immediate | undefined
  readonly #lostLine: (lines: number) => string

  /** `lostLine` words the line that takes the place of lost ones. */
  constructor(home: string, lostLine: (lines: number) => string, bytesMax: number = fileBytesMax) {
    this.#path = logFile(home)
    this.#oldPath = oldLogFile(home)
    this.#bytesMax = bytesMax
    this.#lostLine = lostLine
  }

  append(line: string): void {
    this.#text += `${line}\n`
    this.#lines++
    if (this.#text.length > 65_536) return this.flush()
    this.#scheduled ??= setImmediate(() => this.flush())
  }

  /** Hands everything to the kernel; what this process wrote survives its end. */
  flush(): void {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    if (this.#text === '') return
    const bytes = Buffer.from(this.#lost === 0 ? this.#text : `${this.#lostLine(this.#lost)}\n${this.#text}`)
    try {
      if (this.#size > 0 && this.#size + bytes.length > this.#bytesMax) this.#rotate()
      const file = this.#open()
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
      this.#size += bytes.length
      this.#lost = 0
    } catch {
      this.#lost += this.#lines
      this.#shut()
    }
    this.#text = ''
    this.#lines = 0
  }

  close(): void {
    this.flush()
    this.#shut()
  }

  #open(): number {
    if (this.#file !== undefined) return this.#file
    const file = openSync(this.#path, 'a', 0o600)
    this.#file = file
    this.#size = fstatSync(file).size
    if (this.#size < this.#bytesMax) return file
    this.#rotate()
    return this.#open()
  }

  #rotate(): void {
    this.#shut()
    renameSync(this.#path, this.#oldPath)
    this.#size = 0
  }

  #shut(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }
}
