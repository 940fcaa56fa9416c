import type { Placed } from '../heap.ts'
import type { Block } from './block.ts'

/** A block with its links. */
export class BlockNode<T> implements Block<T>, Placed {
  readonly id: string
  readonly height: number
  readonly totalWork: bigint
  readonly item: T
  /** How many came before it. */
  readonly order: number
  parent: BlockNode<T> | undefined
  /**
   * An ancestor farther back: the tree of jumps of a skew-binary list (Myers, *An applicative random-access stack*, 1983), which
   * leads to any height in O(log n) steps at the cost of one link a block.
   */
  jump: BlockNode<T> | undefined
  firstChild: BlockNode<T> | undefined
  nextSibling: BlockNode<T> | undefined
  place = -1
  #formerParentId: string | undefined

  constructor(
    { id, item, totalWork }: { readonly id: string; readonly item: T; readonly totalWork: bigint },
    parent: BlockNode<T> | { readonly id: string; readonly height: number },
    order: number,
  ) {
    this.id = id
    this.height = parent.height + 1
    this.totalWork = totalWork
    this.item = item
    this.order = order
    this.firstChild = undefined
    this.nextSibling = undefined
    if (parent instanceof BlockNode) {
      const { jump } = parent
      const isEven = jump?.jump !== undefined && parent.height - jump.height === jump.height - jump.jump.height
      this.parent = parent
      this.jump = isEven ? jump.jump : parent
    } else {
      this.parent = undefined
      this.jump = undefined
      this.#formerParentId = parent.id
    }
  }

  get parentId(): string {
    return this.parent?.id ?? this.#formerParentId ?? ''
  }

  /** Lets go of what is before it, so that it does not stay in memory. */
  cutLinks(): void {
    this.#formerParentId = this.parentId
    this.parent = undefined
    this.jump = undefined
    this.firstChild = undefined
  }
}

/** The ancestor of a node at a height from that of the root up to its own. */
export function ancestorAt<T>(node: BlockNode<T>, height: number): BlockNode<T> {
  let at = node
  while (at.height > height) at = at.jump !== undefined && at.jump.height >= height ? at.jump : at.parent!
  return at
}

/** What leads from one node to another: down to the last one that both have, and up again. */
export function pathOf<T>(
  from: BlockNode<T>,
  to: BlockNode<T>,
): { readonly fork: BlockNode<T>; readonly left: BlockNode<T>[]; readonly joined: BlockNode<T>[] } {
  const left: BlockNode<T>[] = []
  const joined: BlockNode<T>[] = []
  let [a, b] = [from, to]
  while (a !== b) {
    if (a.height >= b.height) {
      left.push(a)
      // It is at least as high as the other, so it has a parent unless the other is the same.
      if (a.height === b.height) {
        joined.push(b)
        b = b.parent!
      }
      a = a.parent!
    } else {
      joined.push(b)
      b = b.parent!
    }
  }
  return { fork: a, left, joined: joined.toReversed() }
}

/** Links a node under its parent. */
export function attach<T>(node: BlockNode<T>, parent: BlockNode<T>): void {
  node.nextSibling = parent.firstChild
  parent.firstChild = node
}

/** Takes a node, with all under it, from its parent. */
export function detach<T>(node: BlockNode<T>, parent: BlockNode<T>): void {
  if (parent.firstChild === node) parent.firstChild = node.nextSibling
  else {
    let sibling = parent.firstChild
    while (sibling !== undefined && sibling.nextSibling !== node) sibling = sibling.nextSibling
    if (sibling !== undefined) sibling.nextSibling = node.nextSibling
  }
  node.nextSibling = undefined
}

/** A node and all under it, each before its children. */
export function subtreeOf<T>(node: BlockNode<T>): BlockNode<T>[] {
  const nodes = [node]
  for (const each of nodes) {
    for (let child = each.firstChild; child !== undefined; child = child.nextSibling) nodes.push(child)
  }
  return nodes
}
