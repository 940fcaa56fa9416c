import { createHash } from 'node:crypto'
import { type BlockHeader, encodeHeader, parseHeader } from './header.ts'
import { bitcoinNetworks } from './network.ts'
import { ownFaultOf } from './rules.ts'

/**
 * Headers on regtest behind a chain, oldest first, each ten minutes after the one before: found by trying, which takes two
 * tries there, and would take more than a lifetime on mainnet. The same name gives the same headers.
 */
export function branch(chain: readonly BlockHeader[], length: number, name: string): BlockHeader[] {
  const found: BlockHeader[] = []
  let parent = chain.at(-1)!
  for (let index = 0; index < length; index++) {
    parent = mined(parent, createHash('sha256').update(`${name} ${index}`).digest('hex'))
    found.push(parent)
  }
  return found
}

function mined({ hash, time, bits }: BlockHeader, merkleRoot: string): BlockHeader {
  for (let nonce = 0; ; nonce++) {
    const header = parseHeader(encodeHeader({ version: 4, parent: hash, merkleRoot, time: time + 600, bits, nonce }))
    if (ownFaultOf(header, bitcoinNetworks.regtest) === undefined) return header
  }
}
