import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, toHex } from '../../src/bytes.ts'
import { checkChunk, chunkProofSizeMax, chunkSize, ChunkTree } from '../../src/fetch/chunk-tree.ts'
import type { Sha256 } from '../../src/id.ts'

const sha256: Sha256 = (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest())

/** A body whose chunks all differ. */
function bodyOf(size: number): Uint8Array {
  const body = new Uint8Array(size)
  for (let at = 0; at < size; at += 4096) body[at] = 1 + (at / 4096) * 7
  new DataView(body.buffer).setUint8(size - 1, 9)
  for (let at = 0; at + 4 <= size; at += chunkSize) new DataView(body.buffer).setUint32(at, at)
  return body
}

describe('a chunk tree', () => {
  test('hashes as RFC 6962 does', () => {
    const body = bodyOf(2 * chunkSize + 5)
    const leaves = [0, 1, 2].map((index) =>
      sha256(concatBytes(Uint8Array.of(0), body.subarray(index * chunkSize, (index + 1) * chunkSize))),
    )
    const node = (left: Uint8Array, right: Uint8Array) => sha256(concatBytes(Uint8Array.of(1), left, right))
    const top = node(node(leaves[0]!, leaves[1]!), leaves[2]!)
    const size = new Uint8Array(8)
    new DataView(size.buffer).setBigUint64(0, BigInt(body.length))
    const tree = new ChunkTree(body)
    expect(toHex(tree.root)).toBe(toHex(sha256(concatBytes(new TextEncoder().encode('grapevine-chunks/1'), size, top))))
    expect(toHex(tree.proof(2))).toBe(toHex(node(leaves[0]!, leaves[1]!)))
  })

  test.each([1, 2, 3, 5, 8, 13, 31, 64, 127, 128])(
    'proves each of %i chunks, and nothing else as one of them',
    (count) => {
      const body = bodyOf((count - 1) * chunkSize + 1 + (count % 3))
      const tree = new ChunkTree(body, sha256)
      expect(tree.count).toBe(count)
      for (const index of new Set([0, 1, count >> 1, count - 2, count - 1])) {
        if (index < 0 || index >= count) continue
        const claim = { root: tree.root, size: body.length, index, bytes: tree.chunk(index), proof: tree.proof(index) }
        expect(claim.proof.length).toBeLessThanOrEqual(chunkProofSizeMax)
        expect(checkChunk(claim, sha256)).toBe(true)
        const changed = Uint8Array.from(claim.bytes)
        changed[changed.length - 1]! ^= 1
        const other = (index + 1) % count
        const lies = [
          { ...claim, bytes: changed },
          { ...claim, size: body.length + 1 },
          { ...claim, bytes: claim.bytes.subarray(1) },
          { ...claim, proof: concatBytes(claim.proof, new Uint8Array(32)) },
          { ...claim, index: count },
          { ...claim, index: -1 },
          { ...claim, root: new Uint8Array(32) },
          ...(count === 1
            ? []
            : [
                { ...claim, index: other },
                { ...claim, proof: claim.proof.subarray(32) },
                { ...claim, proof: claim.proof.subarray(0, -1) },
                { ...claim, bytes: tree.chunk(other), proof: tree.proof(other) },
              ]),
        ]
        for (const lie of lies) expect(checkChunk(lie, sha256)).toBe(false)
      }
    },
  )

  test('never throws on what a peer sent', () => {
    const claim = fc.record({
      root: fc.uint8Array({ maxLength: 40 }),
      size: fc.oneof(fc.integer(), fc.nat(10), fc.constant(chunkSize * 3)),
      index: fc.oneof(fc.integer(), fc.nat(3)),
      bytes: fc.uint8Array({ maxLength: 10 }),
      proof: fc.uint8Array({ maxLength: 300 }),
    })
    fc.assert(fc.property(claim, (each) => !checkChunk(each)))
  })

  test('refuses bodies that are empty or too large', () => {
    expect(() => new ChunkTree(new Uint8Array(0))).toThrow('body must be 1 to 33554432 bytes')
  })
})
