import { encodeUtf8, type Millis } from '@grapevine/protocol'

/** A key that a node set, and who knows. */
export interface Write {
  readonly number: number
  readonly node: number
  /** The life of the node in which it wrote. */
  readonly life: number
  readonly key: string
  readonly at: Millis
  /** In how many ms each node knew; −1: not yet, or never, as it heard of a later one first. */
  readonly delays: Float32Array
  seen: number
}

/** Follows what nodes set to every other node. */
export class WriteBook {
  readonly writes: Write[] = []
  readonly #nodes: number
  /** The latest of each node and key. */
  readonly #latest = new Map<string, Write>()

  constructor(nodes: number) {
    this.#nodes = nodes
  }

  get latest(): IterableIterator<Write> {
    return this.#latest.values()
  }

  /** The value of the next write, which this notes. */
  write(node: number, life: number, key: string, { bytes, at }: { bytes: number; at: Millis }): Uint8Array {
    const number = this.writes.length
    const write: Write = { number, node, life, key, at, delays: new Float32Array(this.#nodes).fill(-1), seen: 0 }
    this.writes.push(write)
    this.#latest.set(`${node} ${key}`, write)
    return encodeUtf8(String(number).padEnd(bytes, ' '))
  }

  /** A node knows of a value; returns what it knows of. */
  see(node: number, value: Uint8Array, now: Millis): Write | undefined {
    const write = this.writes[Number(String.fromCharCode(...value.subarray(0, 16)))]
    if (write === undefined || write.delays[node] !== -1) return undefined
    write.delays[node] = now - write.at
    write.seen++
    return write
  }
}
