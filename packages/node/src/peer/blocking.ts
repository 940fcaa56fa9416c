import { keyFromPeerId, type BlocksView } from '@grapevine/protocol'
import type { Libp2p } from '@libp2p/interface'
import { NodeError } from '../error.ts'
import { writeBlocks } from '../home/peers.ts'
import { parseRange, type BlockList } from './block-list.ts'
import { hostOf } from './gater.ts'

/** Long enough that junk costs its sender far more than us, short enough for who has mended a mistake. */
const shutOutMs = 60_000

/** What changes of the block list need. */
export interface BlockingParts {
  readonly home: string
  readonly blocks: BlockList
  readonly libp2p: Libp2p
  /** The id of the peer that a text names. Errors `usage`, `not-found`. */
  readonly find: (text: string) => string
  /** The list is another one now; these were let in. */
  readonly onChanged: (allowed: readonly string[]) => void
}

/** Changes the block list as the user says, makes the change durable, and ends the connections that it forbids. */
export class Blocking {
  readonly #parts: BlockingParts

  constructor(parts: BlockingParts) {
    this.#parts = parts
  }

  block(target: string): { readonly target: string; readonly closed: number } {
    const { blocks, libp2p, find } = this.#parts
    const range = parseRange(target)
    const blocked = range ?? find(target)
    if (blocked === libp2p.peerId.toString()) throw new NodeError('usage', 'a node cannot block itself')
    if (!(range === undefined ? blocks.blockPeer(blocked) : blocks.blockRange(range))) {
      throw new NodeError('overloaded', 'the block list is full', 'block a range: grapevine peer block 192.0.2.0/24')
    }
    return { target: blocked, closed: this.#enforce() }
  }

  allow(targets: readonly string[], only = false): BlocksView {
    const { blocks, find } = this.#parts
    const found = targets.map((target) => parseRange(target) ?? find(target))
    if (only && found.some((target) => keyFromPeerId(target) === undefined)) {
      throw new NodeError('usage', '--only takes peers, not addresses', 'grapevine peer allow --only PEER')
    }
    const { peers, ranges } = blocks.view()
    const missing = found.find((target) => !peers.includes(target) && !ranges.includes(target))
    if (missing !== undefined && !only)
      throw new NodeError('not-found', `${missing} is not blocked`, 'see: grapevine peer blocked')
    for (const target of found) blocks.unblock(target)
    if (only) blocks.allowOnly(found)
    this.#enforce(found)
    return blocks.view()
  }

  allowAll(): BlocksView {
    this.#parts.blocks.allowOnly(undefined)
    this.#enforce()
    return this.#parts.blocks.view()
  }

  /** Ends the connections of a peer and keeps it out for a minute. */
  shutOut(peerId: string): void {
    const { blocks, libp2p } = this.#parts
    blocks.shutOut(peerId, shutOutMs)
    for (const connection of libp2p.getConnections()) {
      if (connection.remotePeer.toString() === peerId) connection.abort(new Error('its messages have to be rejected'))
    }
  }

  /** Makes the block list durable and ends what it does not allow. The number of connections that were closed. */
  #enforce(allowed: readonly string[] = []): number {
    const { home, blocks, libp2p, onChanged } = this.#parts
    writeBlocks(home, blocks.view())
    const refused = libp2p
      .getConnections()
      .filter(
        (one) => blocks.refusesPeer(one.remotePeer.toString()) || blocks.refusesHost(hostOf(one.remoteAddr.toString())),
      )
    for (const connection of refused) connection.abort(new Error('the peer is blocked'))
    onChanged(allowed)
    return refused.length
  }
}
