import type { FleetNode } from '@grapevine/node/lab'

/** A publish of a real node. Times are those of this process, in ms. */
export interface RealPublish {
  readonly node: number
  readonly at: number
  /** Absent until it was acknowledged. */
  id?: string
}

/** What readers of all nodes were given, and when. */
export class RealBook {
  readonly publishes: RealPublish[] = []
  /** Publishes that were not acknowledged, and why. */
  readonly refused: Map<string, number> = new Map()
  /** Messages that a reader was given again, which should not be. */
  repeated = 0
  /** Readers were told that they missed something. */
  gaps = 0
  /** By message id: when each node's reader had it. */
  readonly #came = new Map<string, (number | undefined)[]>()
  readonly #nodes: number

  constructor(nodes: number) {
    this.#nodes = nodes
  }

  /** Those that were acknowledged. */
  get acknowledged(): readonly (RealPublish & { readonly id: string })[] {
    return this.publishes.filter((publish): publish is RealPublish & { id: string } => publish.id !== undefined)
  }

  /** When a node's reader had a message. */
  cameAt(id: string, node: number): number | undefined {
    return this.#came.get(id)?.[node]
  }

  /** Nodes among these that lack an acknowledged message, with how many each. */
  lacking(nodes: readonly number[]): ReadonlyMap<number, number> {
    const found = new Map<number, number>()
    for (const { id } of this.acknowledged)
      for (const node of nodes) if (this.cameAt(id, node) === undefined) found.set(node, (found.get(node) ?? 0) + 1)
    return found
  }

  /** Publishes through a node; whatever becomes of it is noted. */
  async publish({ index, client }: FleetNode, topic: string, bytes: number): Promise<void> {
    const publish: RealPublish = { node: index, at: performance.now() }
    const body = Buffer.alloc(bytes)
    body.writeBigUInt64BE(BigInt(this.publishes.push(publish)))
    try {
      publish.id = (await client.call('publish', { topic }, { body })).id
    } catch (error) {
      const { code = 'internal' } = error as { readonly code?: string }
      this.refused.set(code, (this.refused.get(code) ?? 0) + 1)
    }
  }

  /** Reads topics of a node to the end, over its restarts. Resolves when the signal says so. */
  async read(
    { index, client }: FleetNode,
    topics: readonly string[],
    all: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      for await (const item of client.follow('subscribe', { topic: topics, ...(all && { all }) }, { signal })) {
        if ('gap' in item) this.gaps++
        else if ('id' in item) this.#deliver(item.id, index, item.redelivered === true)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  #deliver(id: string, node: number, isMarked: boolean): void {
    const times = this.#came.get(id) ?? Array.from<number | undefined>({ length: this.#nodes })
    this.#came.set(id, times)
    if (times[node] === undefined) times[node] = performance.now()
    else if (!isMarked) this.repeated++
  }
}
