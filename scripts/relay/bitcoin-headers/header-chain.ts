import { type Block, ChainIndex, type ChainResult } from '@grapevine/protocol/chain'
import { encodeHeader, parseHeader, type BlockHeader } from './header.ts'
import type { BitcoinNetwork } from './network.ts'
import { type Ancestry, chainFaultOf, ownFaultOf } from './rules.ts'
import { targetOf, workOf } from './target.ts'

/**
 * Blocks that stay open to a reorganisation: two periods of the target, since its rules look back one. What is deeper never
 * changes here.
 */
const finalityDepth = 4032

/** The chain with the most work of a Bitcoin network, as far as headers tell. */
export class HeaderChain {
  readonly network: BitcoinNetwork
  readonly #index: ChainIndex<BlockHeader>

  constructor(network: BitcoinNetwork) {
    this.network = network
    const genesis = parseHeader(Buffer.from(network.genesis, 'hex'))
    this.#index = new ChainIndex<BlockHeader>({
      root: { id: genesis.hash, item: genesis },
      finalityDepth,
      check: ({ item }, parent) => this.#faultOf(item, parent),
    })
  }

  get tip(): Block<BlockHeader> {
    return this.#index.best
  }

  get(hash: string): Block<BlockHeader> | undefined {
    return this.#index.get(hash)
  }

  /** Whether the header is known, also one that is final. */
  has(hash: string): boolean {
    return this.#index.heightOf(hash) !== undefined
  }

  /** What is wrong with a header by itself, or on the chain of its parent if that is here; undefined: nothing. */
  faultOf(header: BlockHeader): string | undefined {
    const parent = this.#index.get(header.parent)
    return ownFaultOf(header, this.network) ?? (parent && this.#faultOf(header, parent))
  }

  /** Adds a header whose parent is here. */
  add(header: BlockHeader): ChainResult<BlockHeader> {
    const work = workOf(targetOf(header.bits)!)
    return this.#index.add({ id: header.hash, parentId: header.parent, work, item: header }, '', 0)
  }

  locator(): readonly string[] {
    return this.#index.locator()
  }

  /** Headers of the best chain behind the first hash of a locator that is on it, 80 bytes each; those that are not final. */
  after(locator: readonly string[], max: number): Buffer {
    const blocks = this.#index.after(locator, max).flatMap((hash) => this.#index.get(hash)?.item ?? [])
    return Buffer.concat(blocks.map(encodeHeader))
  }

  /** Whether a header continues a branch so far back that the rules of its target need blocks that are final. */
  isTooDeep({ parent }: BlockHeader): boolean {
    const { root } = this.#index
    const found = this.#index.get(parent)
    return found === undefined ? this.has(parent) : root.height > 0 && found.height - root.height < finalityDepth / 2
  }

  #faultOf(header: BlockHeader, parent: Block<BlockHeader>): string | undefined {
    const chain: Ancestry = {
      height: parent.height,
      at: (height) => this.#index.ancestorAt(parent.id, height)!.item,
    }
    return chainFaultOf(header, chain, this.network)
  }
}
