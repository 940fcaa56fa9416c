import { createInterface } from 'node:readline'

/**
 * What each system's program is told: one JSON object a line on stdin, which ends it when it ends. It knows one topic,
 * {@link topic}. test/interop/go/bench.go and test/interop/rust/src/bench.rs are the same in their languages.
 */
export type Order =
  /** Connects to a multiaddr with peer id: `dialed`. */
  | { readonly do: 'dial'; readonly address: string }
  /** Subscribes to the topic: `joined`. */
  | { readonly do: 'join' }
  /** Publishes messages of `size` bytes with the serials from `first` on. Programs that pack get a multiple of their pack. */
  | { readonly do: 'publish'; readonly count: number; readonly size: number; readonly first: number }
  /** Forgets what came; from now on tells of each `every`-th serial that had not come yet. No answer. */
  | { readonly do: 'report'; readonly every: number }
  /** `status` */
  | { readonly do: 'status' }
  /** `latencies` */
  | { readonly do: 'latencies' }

/** What a program says, one JSON object a line on stdout. */
export type Said =
  /** First of all. The address ends in `/p2p/ID`. */
  | { readonly event: 'ready'; readonly address: string; readonly versions: string }
  | { readonly event: 'dialed' | 'joined' }
  /** Different serials that have come since `report`. */
  | { readonly event: 'received'; readonly count: number }
  /** `peers`: those in the mesh, or where the library does not say, those that subscribe. */
  | { readonly event: 'status'; readonly peers: number; readonly received: number }
  /** From publishing to delivery, in µs, of each message since `report`. */
  | { readonly event: 'latencies'; readonly micros: readonly number[] }

/** The topic that all programs speak on. */
export const topic = 'bench'

/** What differs between the two programs in this language. */
export interface Program {
  readonly address: string
  readonly versions: string
  dial(address: string): Promise<unknown>
  /** Every message of others goes to `tally`. */
  join(tally: Tally): Promise<unknown>
  publish(payload: Uint8Array): Promise<unknown>
  peers(): number
  stop(): Promise<void>
}

/** A message is at least the wall clock in µs (u64) and its serial (u32), little-endian; the rest is zeros. */
function payloadOf(serial: number, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size).fill(0)
  bytes.writeBigUInt64LE(BigInt(Math.round(wallMicros())), 0)
  bytes.writeUInt32LE(serial, 8)
  return bytes
}

const wallMicros = (): number => (performance.timeOrigin + performance.now()) * 1000

/** Counts what comes, each serial once. */
export class Tally {
  #seen = new Uint8Array(1 << 20)
  #every = Infinity
  #latencies: number[] = []
  count = 0

  get latencies(): readonly number[] {
    return this.#latencies
  }

  restart(every: number): void {
    this.#every = every
    this.#seen.fill(0)
    this.#latencies = []
    this.count = 0
  }

  take(payload: Uint8Array): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    const serial = view.getUint32(8, true)
    if (serial >= this.#seen.length) {
      const grown = new Uint8Array(serial * 2)
      grown.set(this.#seen)
      this.#seen = grown
    }
    if (this.#seen[serial] === 1) return
    this.#seen[serial] = 1
    const sentAt = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true)
    this.#latencies.push(Math.round(wallMicros()) - sentAt)
    this.count++
    if (this.count % this.#every === 0) say({ event: 'received', count: this.count })
  }
}

const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`)

/** Carries out what stdin orders, until it ends. */
export async function serve(program: Program): Promise<void> {
  const tally = new Tally()
  say({ event: 'ready', address: program.address, versions: program.versions })
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as Order
    switch (order.do) {
      case 'dial':
        await program.dial(order.address)
        say({ event: 'dialed' })
        break
      case 'join':
        await program.join(tally)
        say({ event: 'joined' })
        break
      case 'publish':
        // All at once: how many are on their way is the measurer's business.
        for (let at = 0; at < order.count; at++) void program.publish(payloadOf(order.first + at, order.size))
        break
      case 'report':
        tally.restart(order.every)
        break
      case 'status':
        say({ event: 'status', peers: program.peers(), received: tally.count })
        break
      case 'latencies':
        say({ event: 'latencies', micros: tally.latencies })
    }
  }
  await program.stop()
}
