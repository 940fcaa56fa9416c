import { close, closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, write, writeSync } from 'node:fs'
import { NodeError } from '../error.ts'
import { writeError } from '../home/durable-file.ts'
import { fileHead } from './block.ts'
import { isRecording, readBlocks } from './read-blocks.ts'

/** Bytes that wait for the disk at most: a second of more than any node takes in. */
const waitingBytesMax = 32 << 20

interface Chunk {
  readonly bytes: Uint8Array
  readonly position: number
}

/**
 * A recording that grows at its end. Blocks are written one after the other while the node goes on; what waits is written at
 * once when the process exits. Nothing is synced: a recording is lost with the machine, not with the process.
 */
export class AppendFile {
  /** Bytes of a torn end that were cut off. */
  readonly cutBytes: number
  readonly #fd: number
  readonly #chunks: Chunk[] = []
  readonly #onError: (error: NodeError) => void
  readonly #path: string
  #end: number
  #waiting = 0
  #isFailed = false
  #idle: (() => void) | undefined
  readonly #onExit = (): void => this.#writeRest()

  /**
   * Opens a recording, or begins one, private to the user (mode 0600). What another life began goes on behind its last whole
   * block. Errors: `usage` (something else is there), `disk`, `home`.
   */
  constructor(path: string, onError: (error: NodeError) => void) {
    this.#path = path
    this.#onError = onError
    this.#fd = opened(path)
    try {
      const size = fstatSync(this.#fd).size
      if (size === 0) writeSync(this.#fd, fileHead, 0, fileHead.length, 0)
      this.#end = size === 0 ? fileHead.length : endOf(this.#fd, size, path)
      this.cutBytes = Math.max(0, size - this.#end)
      if (this.cutBytes > 0) ftruncateSync(this.#fd, this.#end)
    } catch (error) {
      closeSync(this.#fd)
      throw error instanceof NodeError ? error : writeError(path, error)
    }
    process.on('exit', this.#onExit)
  }

  /** Bytes of the file, with those that wait. */
  get size(): number {
    return this.#end
  }

  /** Whether the disk has fallen behind. */
  get isSlow(): boolean {
    return this.#waiting > waitingBytesMax
  }

  /** Gives bytes away. */
  append(bytes: Uint8Array): void {
    if (this.#isFailed) return
    this.#chunks.push({ bytes, position: this.#end })
    this.#end += bytes.length
    this.#waiting += bytes.length
    if (this.#chunks.length === 1) this.#write(0)
  }

  /** Resolves when everything is written, or nothing more can be. */
  async close(): Promise<void> {
    if (this.#chunks.length > 0 && !this.#isFailed) await new Promise<void>((resolve) => (this.#idle = resolve))
    process.off('exit', this.#onExit)
    await new Promise<void>((resolve) => close(this.#fd, () => resolve()))
  }

  #write(from: number): void {
    const { bytes, position } = this.#chunks[0]!
    const fault = this.#changed(position + from)
    if (fault !== undefined) return this.#fail(fault)
    write(this.#fd, bytes, from, bytes.length - from, position + from, (error, written) => {
      if (error !== null) return this.#fail(error)
      if (from + written < bytes.length) return this.#write(from + written)
      this.#chunks.shift()
      this.#waiting -= bytes.length
      if (this.#chunks.length > 0) return this.#write(0)
      this.#idle?.()
    })
  }

  /** Two nodes that record to one file would write over each other: whoever is second stops. */
  #changed(expected: number): Error | undefined {
    try {
      const { size } = fstatSync(this.#fd)
      return size === expected ? undefined : new Error('something else writes to it, such as another node')
    } catch (error) {
      return error as Error
    }
  }

  #fail(error: Error): void {
    this.#isFailed = true
    this.#chunks.length = 0
    this.#idle?.()
    this.#onError(writeError(this.#path, error))
  }

  #writeRest(): void {
    try {
      for (const { bytes, position } of this.#chunks) writeSync(this.#fd, bytes, 0, bytes.length, position)
    } catch {
      // The process ends: nobody is left to be told.
    }
  }
}

function opened(path: string): number {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, 0o600)
  } catch (error) {
    throw writeError(path, error)
  }
  if (!fstatSync(fd).isFile()) {
    closeSync(fd)
    throw new NodeError('usage', `${path} is no file that can be recorded to`)
  }
  fchmodSync(fd, 0o600)
  return fd
}

function endOf(fd: number, size: number, path: string): number {
  if (!isRecording(fd)) {
    throw new NodeError(
      'usage',
      `${path} is something else than a recording`,
      'record to a file that does not exist yet',
    )
  }
  const blocks = readBlocks(fd, size)
  for (;;) {
    const { done, value } = blocks.next()
    if (done === true) return value.end
  }
}
