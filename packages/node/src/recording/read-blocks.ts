import { readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { blockBytesMax, blockHeadSize, fileHead } from './block.ts'

/** What of a file is a recording. */
export interface BlockScan {
  /** Where the last whole block ends. */
  readonly end: number
  /** Why what follows is no block: it is not all there, or is another than was written. Undefined: nothing follows. */
  readonly fault: 'torn' | 'damaged' | undefined
}

/** Whether an open file begins as recordings do. */
export function isRecording(fd: number): boolean {
  const head = Buffer.alloc(fileHead.length)
  return readAt(fd, head, 0) && head.equals(fileHead)
}

/** What each block of an open recording holds, in order. Returns how far it goes; reads one block at a time. */
export function* readBlocks(fd: number, size: number): Generator<Uint8Array, BlockScan> {
  let at = fileHead.length
  const head = Buffer.alloc(blockHeadSize)
  while (at < size) {
    if (at + blockHeadSize > size || !readAt(fd, head, at)) return { end: at, fault: 'torn' }
    const length = head.readUInt32LE(0)
    if (length === 0 || length > blockBytesMax) return { end: at, fault: 'damaged' }
    if (at + blockHeadSize + length > size) return { end: at, fault: 'torn' }
    const bytes = Buffer.allocUnsafe(length)
    if (!readAt(fd, bytes, at + blockHeadSize)) return { end: at, fault: 'torn' }
    if (crc32(bytes) !== head.readUInt32LE(4)) return { end: at, fault: 'damaged' }
    yield bytes
    at += blockHeadSize + length
  }
  return { end: at, fault: undefined }
}

/** Fills an array from a place in the file; false if the file ends before. */
function readAt(fd: number, bytes: Uint8Array, position: number): boolean {
  let filled = 0
  while (filled < bytes.length) {
    const read = readSync(fd, bytes, filled, bytes.length - filled, position + filled)
    if (read === 0) return false
    filled += read
  }
  return true
}
