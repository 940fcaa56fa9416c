import type { Millis, PeerId } from '../event.ts'
import { OrphanPool } from '../pool/orphan-pool.ts'
import type { Block, BlockRefusal, ChainChange, ChainResult, NewBlock, RefusedBlock } from './block.ts'
import { ancestorAt, type BlockNode } from './block-node.ts'
import { BlockTree } from './block-tree.ts'
import { InvalidIds } from './invalid-ids.ts'
import { type ChainOptions, chainOptions } from './options.ts'
import type { ChainSnapshot } from './snapshot.ts'

/** Where an index begins: a block that is final, such as the genesis block or a checkpoint. */
export type ChainRoot<T> = Pick<Block<T>, 'id' | 'item'> & Partial<Pick<Block<T>, 'parentId' | 'height' | 'totalWork'>>

/** A block that can be connected. */
interface Waiting<T> {
  readonly block: NewBlock<T>
  readonly parent: BlockNode<T>
  readonly peers: readonly PeerId[]
}

/**
 * Blocks by their parents, and which chain of them is the best: the one with the most work, and of equal ones the one whose tip came
 * first. Blocks that come before their parents are parked under bounds; what is far enough below the tip is final, and
 * what would contradict it is forgotten. Studied: Bitcoin Core's CBlockIndex and CChain.
 */
export class ChainIndex<T = undefined> {
  readonly #options: ChainOptions<T>
  readonly #tree: BlockTree<T>
  readonly #parked: OrphanPool<NewBlock<T>>
  readonly #invalid: InvalidIds

  constructor({ root, ...options }: { readonly root: ChainRoot<T> } & Partial<ChainOptions<T>>) {
    this.#options = { ...chainOptions, ...options }
    this.#tree = new BlockTree(root, this.#options)
    this.#parked = new OrphanPool(this.#options.parked)
    this.#invalid = new InvalidIds(this.#options.invalidMax)
  }

  /** An index as it was when the snapshot was taken, but for what was parked. Its blocks are not checked again. */
  static restore<T>(snapshot: ChainSnapshot<T>, options: Partial<ChainOptions<T>> = {}): ChainIndex<T> {
    const [root, ...blocks] = snapshot.blocks
    const index = new ChainIndex<T>({ ...options, root: root! })
    index.#tree.restore(snapshot.finalIds, blocks)
    for (const id of snapshot.invalid) index.#invalid.add(id)
    return index
  }

  /** The tip of the best chain. */
  get best(): Block<T> {
    return this.#tree.best
  }

  /** The last block that is final. */
  get root(): Block<T> {
    return this.#tree.root
  }

  /** Blocks that are not below the root. */
  get size(): number {
    return this.#tree.size
  }

  /** Blocks that wait for their parents. */
  get parkedSize(): number {
    return this.#parked.size
  }

  /** When a parked block is given up: call `expire` then. */
  get nextWakeup(): Millis | undefined {
    return this.#parked.nextWakeup
  }

  /** A block that is not below the root. */
  get(id: string): Block<T> | undefined {
    return this.#tree.node(id)
  }

  /** The height of a block, also below the root, as long as its id is remembered. */
  heightOf(id: string): number | undefined {
    return this.#tree.heightOf(id)
  }

  /** Whether a block is part of the best chain. */
  isBest(id: string): boolean {
    const height = this.heightOf(id)
    return height !== undefined && this.idAt(height) === id
  }

  /** The block of the best chain at a height, also below the root, as long as its id is remembered. */
  idAt(height: number): string | undefined {
    return this.#tree.line.at(height)
  }

  /** The ancestor of a block, or itself, at a height. Undefined below the root, or above the block. In O(log n). */
  ancestorAt(id: string, height: number): Block<T> | undefined {
    const node = this.#tree.node(id)
    if (node === undefined || height > node.height || height < this.#tree.root.height) return undefined
    return ancestorAt(node, height)
  }

  /** Ends of all branches, the best one first, then by work. */
  tips(): readonly Block<T>[] {
    return this.#tree.tips()
  }

  /** Ids with which another node finds where its chain leaves ours, from the tip down; about 10 + log2(n). */
  locator(): readonly string[] {
    return this.#tree.line.locator()
  }

  /** What comes on the best chain behind the first of these ids that is on it: at most `max` ids. Empty if none is. */
  after(locator: readonly string[], max: number): readonly string[] {
    const known = locator.find((id) => this.isBest(id))
    if (known === undefined) return []
    const from = this.heightOf(known)! + 1
    const count = Math.max(0, Math.min(max, this.#tree.line.end - from))
    return Array.from({ length: count }, (_, index) => this.idAt(from + index)!)
  }

  /** Takes a block, or parks it, or says why not. `peer`: who sent it. */
  add(block: NewBlock<T>, peer: PeerId, now: Millis): ChainResult<T> {
    if (this.#tree.has(block.id)) return { status: 'known', ...nothing }
    const parent = this.#tree.find(block.parentId)
    const reason = this.#refusalOf(block, parent)
    if (reason !== undefined) {
      const refused = [{ id: block.id, reason, peers: [peer] }, ...this.#failParked(block.id)]
      return { status: 'refused', reason, ...nothing, refused }
    }
    // What is no node has been refused.
    if (typeof parent !== 'object') return this.#park(block, peer, now)
    const refused: RefusedBlock[] = []
    const connected: BlockNode<T>[] = []
    const waiting: Waiting<T>[] = [{ block, parent, peers: [peer] }]
    for (const { block: each, parent: under, peers } of waiting) {
      const detail = this.#options.check?.(each, under)
      if (detail === undefined) {
        const node = this.#tree.add(each, under)
        connected.push(node)
        if (this.#parked.size === 0) continue
        for (const child of this.#parked.resolve(each.id)) {
          waiting.push({ block: child.item, parent: node, peers: [...child.peers] })
        }
      } else {
        this.#invalid.add(each.id)
        refused.push({ id: each.id, reason: 'check', detail, peers }, ...this.#failParked(each.id))
      }
    }
    const change = this.#settle(connected, refused)
    const own = change.refused.find(({ id }) => id === block.id)
    if (own !== undefined) return { status: 'refused', reason: own.reason, ...change }
    const isBest = connected[0] === this.#tree.best || this.isBest(block.id)
    return { status: isBest ? 'best' : 'side', ...change }
  }

  /**
   * A block has turned out to be invalid: it goes, with all that came after it, and none of them is taken again. Undefined if it is
   * final. An unknown one is remembered.
   */
  invalidate(id: string): ChainChange<T> | undefined {
    const node = this.#tree.node(id)
    if (node === undefined ? this.heightOf(id) !== undefined : node === this.#tree.root) return undefined
    this.#invalid.add(id)
    this.#parked.delete(id)
    const gone = node === undefined ? [] : this.#tree.remove(node)
    for (const each of gone) this.#invalid.add(each.id)
    const refused = [id, ...gone.map((each) => each.id)].flatMap((each) => this.#failParked(each))
    const change = this.#settle([], refused)
    return { ...change, dropped: [...gone, ...change.dropped] }
  }

  /** Gives up parked blocks whose parents did not come, and returns their ids. */
  expire(now: Millis): readonly string[] {
    return this.#parked.expire(now).map(({ id }) => id)
  }

  /** A peer is gone: so is what only it had parked. */
  peerGone(peer: PeerId): void {
    this.#parked.peerGone(peer)
  }

  /** All that `restore` needs. Holds the items themselves, in the order in which they came. */
  snapshot(): ChainSnapshot<T> {
    return { ...this.#tree.snapshot(), invalid: [...this.#invalid] }
  }

  #refusalOf({ id, parentId, work }: NewBlock<T>, parent: BlockNode<T> | number | undefined): BlockRefusal | undefined {
    if (this.#invalid.has(id)) return 'invalid'
    if (work <= 0n) return 'work'
    if (parent === undefined && this.#invalid.has(parentId)) {
      this.#invalid.add(id)
      return 'invalid-parent'
    }
    return typeof parent === 'number' ? 'final' : undefined
  }

  #park(block: NewBlock<T>, peer: PeerId, now: Millis): ChainResult<T> {
    const { status, reason } = this.#parked.add(
      { id: block.id, parents: [block.parentId], item: block, weight: block.size ?? 256, peer },
      now,
    )
    if (reason !== undefined) {
      return { status: 'refused', reason, ...nothing, refused: [{ id: block.id, reason, peers: [peer] }] }
    }
    let missing = block.parentId
    for (let parent = this.#parked.get(missing); parent !== undefined; parent = this.#parked.get(missing)) {
      missing = parent.item.parentId
    }
    return { status: status === 'known' ? 'known' : 'parked', missing, ...nothing }
  }

  #failParked(id: string): RefusedBlock[] {
    return this.#parked.fail(id).map((each) => {
      this.#invalid.add(each.id)
      return { id: each.id, reason: 'invalid-parent', peers: [...each.peers] }
    })
  }

  /** After blocks came or went: which tip is the best, what is final, what is too much. */
  #settle(connected: readonly Block<T>[], refused: readonly RefusedBlock[]): ChainChange<T> {
    const move = this.#tree.choose()
    const { final, dropped } = this.#tree.advance()
    const excess = this.#tree.trim()
    if (dropped.length + excess.length === 0) return { connected, refused, move, final, dropped }
    const gone = new Set<Block<T>>([...dropped, ...excess])
    const isNew = new Set(connected)
    return {
      connected: connected.filter((each) => !gone.has(each)),
      refused: [
        ...refused,
        ...excess.filter((each) => isNew.has(each)).map(({ id }) => ({ id, reason: 'side' as const, peers: [] })),
        ...dropped.filter((each) => isNew.has(each)).map(({ id }) => ({ id, reason: 'final' as const, peers: [] })),
      ],
      move,
      final,
      dropped: [...gone].filter((each) => !isNew.has(each)),
    }
  }
}

const nothing = { connected: [], refused: [], move: undefined, final: [], dropped: [] } as const
