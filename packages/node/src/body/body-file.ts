import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { chunkCount, chunkLength, chunkSize, leafHash, leafHashes, LeafTree } from '@grapevine/protocol/fetch'
import { sha256 } from '../crypto.ts'

/** What follows a body in its file: the hashes of its chunks, 32 bytes each, and its size in 8 bytes. */
const tailSizeOf = (size: number): number => 32 * chunkCount(size) + 8

/** Bytes of the file of a body. */
export const fileSizeOf = (size: number): number => size + tailSizeOf(size)

/** Disk that a file of so many bytes takes up, about: one of a few bytes costs as much as one of 4 KiB. */
export const diskSizeOf = (fileSize: number): number => Math.ceil(fileSize / 4096) * 4096

/** Bytes of the body in a file of so many, or undefined if it cannot be one. */
function bodySizeIn(fileSize: number): number | undefined {
  const count = Math.ceil((fileSize - 8) / (chunkSize + 32))
  const size = fileSize - 8 - 32 * count
  return size > 0 && chunkCount(size) === count ? size : undefined
}

/** Writes a body as a whole: after a crash the file is there with all of it, or not at all. Rejects as the disk does. */
export async function writeBody(path: string, body: Uint8Array): Promise<void> {
  const draft = `${path}.part`
  const size = new DataView(new ArrayBuffer(8))
  size.setUint32(4, body.length)
  try {
    const file = await open(draft, 'w', 0o600)
    try {
      const { bytesWritten } = await file.writev([body, leafHashes(body, sha256), new Uint8Array(size.buffer)])
      // A disk that is about to be full takes a part, without an error.
      if (bytesWritten !== fileSizeOf(body.length))
        throw Object.assign(new Error('the disk took a part of a body only'), { code: 'ENOSPC' })
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** The tree of the body in a file, if it is the one with this root; undefined if it is damaged. */
export async function readTree(file: FileHandle, root: Uint8Array): Promise<LeafTree | undefined> {
  const { size: fileSize } = await file.stat()
  const size = bodySizeIn(fileSize)
  if (size === undefined) return undefined
  const tail = await readAt(file, size, tailSizeOf(size))
  if (tail === undefined || new DataView(tail.buffer).getUint32(tail.length - 4) !== size) return undefined
  const tree = new LeafTree(size, tail.subarray(0, -8), sha256)
  return Buffer.compare(tree.root, root) === 0 ? tree : undefined
}

/** A chunk of the body in a file, in an array of its own; undefined if it is damaged. */
export async function readChunk(file: FileHandle, tree: LeafTree, index: number): Promise<Uint8Array | undefined> {
  const chunk = await readAt(file, index * chunkSize, chunkLength(tree.size, index))
  if (chunk === undefined || Buffer.compare(leafHash(chunk, sha256), tree.leaf(index)) !== 0) return undefined
  return chunk
}

async function readAt(
  file: FileHandle,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(length)
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled)
    if (bytesRead === 0) return undefined
    filled += bytesRead
  }
  return bytes
}
