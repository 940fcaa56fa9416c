import { createHash } from 'node:crypto'
import { toHex, type GapView, type Message } from '@grapevine/protocol'
import { BlockAssembler } from './block-assembler.ts'
import { headerTopic } from './header-rule.ts'
import { loadTopic, now, type NodeReport, type RelayEvent } from './relay-order.ts'

/** Small messages between two reports of how many are here; each of the last so many is reported, to be exact. */
const loadedStep = 500

/** What one node's reader got: puts the block together, and counts each message id once. */
export class RelayCounts {
  readonly #tell: (event: RelayEvent) => void
  readonly #assembler = new BlockAssembler()
  readonly #block = new Set<string>()
  readonly #load = new Set<string>()
  #loadTotal = Infinity
  #repeats = 0

  constructor(tell: (event: RelayEvent) => void) {
    this.#tell = tell
  }

  /** Reads until the node stops. */
  async follow(messages: AsyncIterable<Message | GapView>): Promise<void> {
    for await (const message of messages) {
      if ('gap' in message) continue
      if (message.topic === loadTopic) this.#addLoad(toHex(message.id))
      else this.#addPart(message)
    }
  }

  /** Says how many small messages there will be, so that the last are told at once. */
  expectLoad(total: number): void {
    this.#loadTotal = total
    if (this.#load.size >= total - loadedStep) this.#tellLoaded()
  }

  summary(): Pick<NodeReport, 'loaded' | 'repeats'> {
    return { loaded: this.#load.size, repeats: this.#repeats }
  }

  digest(): string {
    const digest = createHash('sha256')
    for (const id of [...this.#load].toSorted()) digest.update(id, 'hex')
    return digest.digest('hex')
  }

  #addLoad(id: string): void {
    if (this.#load.has(id)) {
      this.#repeats++
      return
    }
    this.#load.add(id)
    const { size } = this.#load
    if (size >= this.#loadTotal - loadedStep || size % loadedStep === 0) this.#tellLoaded()
  }

  #tellLoaded(): void {
    this.#tell({ type: 'loaded', count: this.#load.size, at: now() })
  }

  #addPart(message: Message): void {
    const at = now()
    const { topic, payload } = message
    const id = toHex(message.id)
    if (this.#block.has(id)) {
      this.#repeats++
      return
    }
    this.#block.add(id)
    this.#tell({ type: 'delivered', id, at })
    const before = this.#assembler.blocks.length
    if (topic === headerTopic) this.#assembler.addHeader(payload)
    else this.#assembler.addTransaction(payload)
    for (const { hash } of this.#assembler.blocks.slice(before)) this.#tell({ type: 'assembled', hash, at: now() })
  }
}
