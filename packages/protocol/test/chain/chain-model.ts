import type { NewBlock } from '../../src/chain/block.ts'

export interface ModelBlock {
  readonly id: string
  readonly parentId: string
  readonly total: bigint
  readonly height: number
  readonly order: number
}

/** The rules of a chain index over a plain list, everything found anew each time. */
export class ChainModel {
  blocks: ModelBlock[]
  parked: { readonly block: NewBlock<boolean>; readonly peers: string[] }[] = []
  invalid = new Set<string>()
  finalIds: string[] = []
  rootId: string
  bestId: string
  #order = 1
  readonly #options: { readonly finalityDepth: number; readonly sideMax: number }

  constructor(rootId: string, options: { readonly finalityDepth: number; readonly sideMax: number }) {
    this.rootId = rootId
    this.bestId = rootId
    this.blocks = [{ id: rootId, parentId: '', total: 0n, height: 0, order: 0 }]
    this.#options = options
  }

  get = (id: string): ModelBlock | undefined => this.blocks.find((block) => block.id === id)

  /** From a block down to the root. */
  chainOf(id: string): ModelBlock[] {
    const chain: ModelBlock[] = []
    for (let at = this.get(id); at !== undefined; at = this.get(at.parentId)) chain.push(at)
    return chain
  }

  tips(): ModelBlock[] {
    const parents = new Set(this.blocks.map(({ parentId }) => parentId))
    return this.blocks.filter(({ id }) => !parents.has(id)).toSorted(better)
  }

  failParked(id: string): string[] {
    const failed = [id]
    const refused: string[] = []
    for (const each of failed) {
      for (const { block } of this.parked.filter((one) => one.block.parentId === each)) {
        this.invalid.add(block.id)
        failed.push(block.id)
        refused.push(`${block.id} invalid-parent`)
      }
      this.parked = this.parked.filter(({ block }) => block.parentId !== each)
    }
    return refused
  }

  add(block: NewBlock<boolean>, peer: string) {
    const none = { connected: [] as string[], refused: [] as string[] }
    if (this.get(block.id) !== undefined || this.finalIds.includes(block.id)) return { status: 'known', ...none }
    const refuse = (reason: string) => ({
      status: `refused ${reason}`,
      ...none,
      refused: [`${block.id} ${reason}`, ...this.failParked(block.id)],
    })
    if (this.invalid.has(block.id)) return refuse('invalid')
    if (this.invalid.has(block.parentId)) {
      this.invalid.add(block.id)
      return refuse('invalid-parent')
    }
    if (this.finalIds.includes(block.parentId)) return refuse('final')
    if (this.get(block.parentId) === undefined) {
      const known = this.parked.find((one) => one.block.id === block.id)
      if (known?.peers.includes(peer) === true) return { status: 'known', ...none }
      if (known === undefined) this.parked.push({ block, peers: [peer] })
      else known.peers.push(peer)
      return { status: 'parked', ...none }
    }
    const waiting = [block]
    const connected: string[] = []
    const refused: string[] = []
    for (const each of waiting) {
      if (each.item) {
        this.invalid.add(each.id)
        refused.push(`${each.id} check`, ...this.failParked(each.id))
        continue
      }
      const parent = this.get(each.parentId)!
      const { total, height } = parent
      this.blocks.push({ ...each, total: total + each.work, height: height + 1, order: this.#order++ })
      connected.push(each.id)
      const children = this.parked.filter((one) => one.block.parentId === each.id)
      this.parked = this.parked.filter((one) => one.block.parentId !== each.id)
      waiting.push(...children.map((child) => child.block))
    }
    return { status: '', connected, refused, ...this.settle() }
  }

  invalidate(id: string): ModelBlock[] {
    this.invalid.add(id)
    this.parked = this.parked.filter(({ block }) => block.id !== id)
    const gone = this.blocks.filter((block) => this.chainOf(block.id).some((each) => each.id === id))
    this.blocks = this.blocks.filter((block) => !gone.includes(block))
    for (const each of gone) this.invalid.add(each.id)
    for (const each of [id, ...gone.map((block) => block.id)]) this.failParked(each)
    return gone
  }

  settle() {
    const best = this.blocks.toSorted(better)[0]!
    const chain = this.chainOf(best.id)
    const final: string[] = []
    let dropped: ModelBlock[] = []
    for (const block of chain.toReversed()) {
      if (block.height <= this.get(this.rootId)!.height || block.height > best.height - this.#options.finalityDepth)
        continue
      final.push(block.id)
      const kept = this.blocks.filter((each) => this.chainOf(each.id).some(({ id }) => id === block.id))
      const isBeside = (each: ModelBlock): boolean => !kept.includes(each) && each.id !== this.rootId
      dropped = [...dropped, ...this.blocks.filter(isBeside)]
      this.finalIds.push(this.rootId)
      this.rootId = block.id
      this.blocks = kept
    }
    const excess: ModelBlock[] = []
    const onBest = new Set(this.chainOf(best.id))
    while (this.blocks.length - onBest.size > this.#options.sideMax) {
      const worst = this.tips().at(-1)!
      excess.push(worst)
      this.blocks = this.blocks.filter((block) => block !== worst)
    }
    this.bestId = best.id
    return { final, dropped, excess }
  }
}

function better(a: ModelBlock, b: ModelBlock): number {
  return a.total === b.total ? a.order - b.order : a.total > b.total ? -1 : 1
}
