import { crypto } from 'bitcoinjs-lib'

/** Bitcoin's hash: SHA-256 applied twice. 32 bytes, in the order in which Bitcoin stores and hashes them further. */
export const doubleSha256 = (bytes: Uint8Array): Uint8Array => crypto.hash256(bytes)

/**
 * A hash in the order in which people read it: the 32 bytes reversed, so that their plain hex is the id that block
 * explorers print. Its own inverse. Returns a copy.
 */
export const displayOrder = (hash: Uint8Array): Uint8Array => hash.toReversed()

/**
 * The Merkle root of transaction ids (32 bytes each, stored order); a level of odd length pairs its last hash with
 * itself. Throws RangeError for an empty list.
 *
 * Two lists can share a root, so a root alone never identifies a list: a list with a repeated tail equals the one
 * without (CVE-2012-2459), and the inner hashes of any level, given as a list, have the root of the whole.
 */
export function merkleRoot(txids: readonly Uint8Array[]): Uint8Array {
  if (txids.length === 0) throw new RangeError('txids: expected at least 1, got 0')
  let level = txids
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i]!
      above.push(doubleSha256(Buffer.concat([left, level[i + 1] ?? left])))
    }
    level = above
  }
  return level[0]!
}
