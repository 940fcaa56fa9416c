import { keyOf } from '../bytes.ts'
import { type Sha256, sha256 as plainSha256 } from '../id.ts'
import { ChunkTree } from './chunk-tree.ts'
import type { Offer } from './frame.ts'

interface Shelved {
  readonly id: Uint8Array
  readonly tree: ChunkTree
  readonly size: number
}

/** Bodies that this node can serve, the newest ones, and the chunks that others ask for. */
export class Shelf {
  readonly #bytesMax: number
  readonly #sha256: Sha256
  readonly #byRoot = new Map<string, Shelved>()
  #bytes = 0

  /** `bytesMax`: of all bodies together. Default 64 MiB. */
  constructor({
    bytesMax = 64 << 20,
    sha256 = plainSha256,
  }: { readonly bytesMax?: number; readonly sha256?: Sha256 } = {}) {
    this.#bytesMax = bytesMax
    this.#sha256 = sha256
  }

  /** Bytes of all bodies. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Keeps a body, which must not change, and returns what to offer to others. What was put longest ago makes way. Throws `argument` for a
   * body that is empty or above `bodySizeMax`.
   */
  put(id: Uint8Array, body: Uint8Array): Offer {
    const tree = new ChunkTree(body, this.#sha256)
    const shelved = { id, tree, size: body.length }
    this.#drop(tree.root)
    this.#byRoot.set(keyOf(tree.root), shelved)
    this.#bytes += body.length
    for (const { tree: oldest } of this.#byRoot.values()) {
      if (this.#bytes <= this.#bytesMax) break
      this.#drop(oldest.root)
    }
    return { id, size: body.length, root: tree.root }
  }

  /** What can be offered, the oldest first: to a peer that has just come. */
  offers(): readonly Offer[] {
    return Array.from(this.#byRoot.values(), ({ id, size, tree }) => ({ id, size, root: tree.root }))
  }

  /** A chunk that a peer asks for, as a view of the body, and its proof. Undefined if it is not here: answer `lacks`. */
  chunk(root: Uint8Array, index: number): { readonly bytes: Uint8Array; readonly proof: Uint8Array } | undefined {
    const tree = this.#byRoot.get(keyOf(root))?.tree
    if (tree === undefined || index < 0 || index >= tree.count) return undefined
    return { bytes: tree.chunk(index), proof: tree.proof(index) }
  }

  #drop(root: Uint8Array): void {
    const key = keyOf(root)
    this.#bytes -= this.#byRoot.get(key)?.size ?? 0
    this.#byRoot.delete(key)
  }
}
