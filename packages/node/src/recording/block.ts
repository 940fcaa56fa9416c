import { crc32 } from 'node:zlib'

/** How every recording begins; its last byte is the form of the blocks. */
export const fileHead: Uint8Array = Buffer.from('grapevine recording\n\x01', 'latin1')

/** Bytes before what a block holds: its length and its CRC-32, 4 bytes each, little-endian. */
export const blockHeadSize = 8

/**
 * Bytes that a block holds at most. Blocks are cut at the first event beyond {@link blockBytes}, and no event is as large:
 * one with a body of 32 MiB, with all its actions, is half of it.
 */
export const blockBytesMax: number = 256 << 20

/** Bytes from which on a block is written: few enough that little waits in memory, and enough for few writes. */
export const blockBytes: number = 64 << 10

/** A block that holds these bytes. */
export function blockOf(bytes: Uint8Array): Uint8Array {
  const block = Buffer.allocUnsafe(blockHeadSize + bytes.length)
  block.writeUInt32LE(bytes.length, 0)
  block.writeUInt32LE(crc32(bytes), 4)
  block.set(bytes, blockHeadSize)
  return block
}
