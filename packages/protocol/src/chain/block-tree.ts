import { Heap } from '../heap.ts'
import { BestLine } from './best-line.ts'
import type { Block, ChainMove, NewBlock } from './block.ts'
import { attach, BlockNode, detach, pathOf, subtreeOf } from './block-node.ts'
import type { ChainSnapshot } from './snapshot.ts'

type Stored<T> = Pick<Block<T>, 'id' | 'parentId' | 'totalWork' | 'item'>

/** The blocks from the last final one on, all under one root, and the ids before it. */
export class BlockTree<T> {
  readonly #finalityDepth: number
  readonly #finalIdsMax: number
  readonly #sideMax: number
  /** Blocks by id; of those below the root the height only. */
  readonly #blocks = new Map<string, BlockNode<T> | number>()
  /** Ends of branches; the one with the least work first, and of equal ones the latest. */
  readonly #tips = new Heap<BlockNode<T>>((a, b) =>
    a.totalWork === b.totalWork ? a.order > b.order : a.totalWork < b.totalWork,
  )
  /** Ids of the best chain, from the first that is remembered to `best`. */
  readonly line: BestLine
  #root: BlockNode<T>
  #best: BlockNode<T>
  /** What becomes the best: it has the most work of all, and came first. */
  #heaviest: BlockNode<T>
  #size = 1
  #order = 0

  constructor(
    root: Pick<Block<T>, 'id' | 'item'> & Partial<Block<T>>,
    options: { readonly finalityDepth: number; readonly finalIdsMax: number; readonly sideMax: number },
  ) {
    const { id, item, parentId = '', height = 0, totalWork = 0n } = root
    this.#root = new BlockNode({ id, item, totalWork }, { id: parentId, height: height - 1 }, this.#order++)
    this.#best = this.#root
    this.#heaviest = this.#root
    this.#blocks.set(id, this.#root)
    this.#tips.set(this.#root)
    this.line = new BestLine(height)
    this.line.push(id)
    this.#finalityDepth = options.finalityDepth
    this.#finalIdsMax = options.finalIdsMax
    this.#sideMax = options.sideMax
  }

  get root(): BlockNode<T> {
    return this.#root
  }

  get best(): BlockNode<T> {
    return this.#best
  }

  /** Blocks from the root on. */
  get size(): number {
    return this.#size
  }

  has(id: string): boolean {
    return this.#blocks.has(id)
  }

  /** A block, or the height of one that is below the root. */
  find(id: string): BlockNode<T> | number | undefined {
    return this.#blocks.get(id)
  }

  node(id: string): BlockNode<T> | undefined {
    const found = this.#blocks.get(id)
    return typeof found === 'object' ? found : undefined
  }

  heightOf(id: string): number | undefined {
    const found = this.#blocks.get(id)
    return typeof found === 'object' ? found.height : found
  }

  tips(): BlockNode<T>[] {
    return [...this.#tips].toSorted((a, b) => (isBetter(a, b) ? -1 : 1))
  }

  /** Puts a block under its parent. `choose` has to follow. */
  add(block: NewBlock<T>, parent: BlockNode<T>): BlockNode<T> {
    return this.#put(block.id, block.item, parent.totalWork + block.work, parent)
  }

  /** Takes a block and all after it away. `choose` has to follow. The block must not be the root. */
  remove(node: BlockNode<T>): BlockNode<T>[] {
    const gone = subtreeOf(node)
    for (const each of gone) this.#forget(each)
    this.#prune(node)
    if (gone.includes(this.#heaviest)) {
      this.#heaviest = this.#root
      for (const tip of this.#tips) if (isBetter(tip, this.#heaviest)) this.#heaviest = tip
    }
    return gone
  }

  /** Makes the heaviest chain the best one. */
  choose(): ChainMove<T> | undefined {
    const [from, to] = [this.#best, this.#heaviest]
    if (from === to) return undefined
    this.#best = to
    if (to.parent === from) {
      this.line.push(to.id)
      return { from, to, fork: from, left: [], joined: [to] }
    }
    const { fork, left, joined } = pathOf(from, to)
    this.line.cutFrom(fork.height + 1)
    for (const { id } of joined) this.line.push(id)
    return { from, to, fork, left, joined }
  }

  /** Moves the root up to what is final now. Returns new final blocks, and those beside them, which are gone. */
  advance(): { readonly final: readonly BlockNode<T>[]; readonly dropped: readonly BlockNode<T>[] } {
    const height = this.#best.height - this.#finalityDepth
    if (this.#root.height >= height) return { final: none, dropped: none }
    const final: BlockNode<T>[] = []
    const dropped: BlockNode<T>[] = []
    while (this.#root.height < height) {
      const old = this.#root
      const root = this.node(this.line.at(old.height + 1)!)!
      for (let child = old.firstChild; child !== undefined; child = child.nextSibling) {
        if (child === root) continue
        for (const each of subtreeOf(child)) {
          this.#forget(each)
          dropped.push(each)
        }
      }
      root.nextSibling = undefined
      old.cutLinks()
      this.#blocks.set(old.id, old.height)
      this.#size--
      this.#root = root
      final.push(root)
      if (root.height - this.line.base > this.#finalIdsMax) this.#blocks.delete(this.line.shift()!)
    }
    return { final, dropped }
  }

  /** Takes away what is too much beside the best chain, which must have been chosen: ends of branches, the least work first. */
  trim(): readonly BlockNode<T>[] {
    if (this.#sideSize <= this.#sideMax) return none
    const gone: BlockNode<T>[] = []
    while (this.#sideSize > this.#sideMax) {
      // Beside the best chain there is a branch, and its end is no better than the best tip.
      const tip = this.#tips.first!
      this.#forget(tip)
      this.#prune(tip)
      gone.push(tip)
    }
    return gone
  }

  snapshot(): Omit<ChainSnapshot<T>, 'invalid'> {
    const finalIds: string[] = []
    for (let height = this.line.base; height < this.#root.height; height++) finalIds.push(this.line.at(height)!)
    const nodes = [...this.#blocks.values()].filter((each) => typeof each === 'object')
    const blocks = nodes
      .toSorted((a, b) => a.order - b.order)
      .map(({ id, parentId, height, totalWork, item }) => ({ id, parentId, height, totalWork, item }))
    // The root came before all that are under it.
    return { finalIds, blocks }
  }

  /** Fills a tree that has a root only, from a snapshot. */
  restore(finalIds: readonly string[], blocks: readonly Stored<T>[]): void {
    this.line.restart(this.#root.height - finalIds.length)
    for (const [index, id] of finalIds.entries()) {
      this.#blocks.set(id, this.#root.height - finalIds.length + index)
      this.line.push(id)
    }
    this.line.push(this.#root.id)
    for (const { id, parentId, totalWork, item } of blocks) this.#put(id, item, totalWork, this.node(parentId)!)
    this.choose()
  }

  get #sideSize(): number {
    return this.#size - (this.#best.height - this.#root.height + 1)
  }

  #put(id: string, item: T, totalWork: bigint, parent: BlockNode<T>): BlockNode<T> {
    const node = new BlockNode({ id, item, totalWork }, parent, this.#order++)
    attach(node, parent)
    this.#blocks.set(id, node)
    this.#size++
    this.#tips.delete(parent)
    this.#tips.set(node)
    if (totalWork > this.#heaviest.totalWork) this.#heaviest = node
    return node
  }

  #forget(node: BlockNode<T>): void {
    this.#blocks.delete(node.id)
    this.#tips.delete(node)
    this.#size--
  }

  /** Takes a branch from its parent, which may be the end of one now. */
  #prune(node: BlockNode<T>): void {
    const parent = node.parent!
    detach(node, parent)
    if (parent.firstChild === undefined) this.#tips.set(parent)
  }
}

const none: readonly never[] = []

function isBetter<T>(a: BlockNode<T>, b: BlockNode<T>): boolean {
  return a.totalWork === b.totalWork ? a.order < b.order : a.totalWork > b.totalWork
}
