import { equalBytes } from '../src/bytes.ts'
import type { Action, Event, Judgement, Message, PeerId } from '../src/event.ts'
import { Machine } from '../src/machine.ts'
import type { MachineOptions } from '../src/machine-options.ts'
import { keySize, type StoreRecord } from '../src/store/record.ts'
import type { TopicRules } from '../src/topic.ts'
import { arrival, junkSignature, networkId, rulesOf, signature, wall } from './machine-world.ts'

type Compared = Action & { readonly type: 'compared' }

/** What a node of a store world is made with. */
interface StoreNodeOptions extends Partial<MachineOptions> {
  readonly rules?: Partial<TopicRules>
  readonly judge?: (message: Message) => Judgement
}

/** A machine with a disk in memory, and streams to other machines. It holds the lossless topic `t`. */
export class StoreNode {
  readonly machine: Machine
  readonly peerId: PeerId
  readonly disk: StoreRecord[] = []
  readonly delivered: Message[] = []
  readonly decisions: string[] = []
  /** What was passed on late. */
  readonly forwarded: Uint8Array[] = []
  /** Ids that others asked this node for. */
  readonly wanted: Uint8Array[] = []
  readonly compared: Compared[] = []
  readonly #events: Event[] = []
  readonly #judge: StoreNodeOptions['judge']
  readonly #peers = new Map<PeerId, StoreNode>()
  /** The other end of each open stream. */
  readonly #streams = new Map<number, { readonly node: StoreNode; readonly stream: number }>()
  #inbound = 0
  #arrival = 0
  /** The clock that its user sees, in µs. */
  wall = wall

  constructor(name: number, { rules, judge, ...options }: StoreNodeOptions = {}) {
    this.peerId = `peer ${name}`
    const author = new Uint8Array(32).fill(100 + name)
    this.machine = new Machine({ networkId, author, peerId: this.peerId, epoch: 1, salt: name, ...options })
    this.#judge = judge
    this.machine.handle(
      { type: 'hold', rules: rulesOf('t', { delivery: 'lossless', judged: judge !== undefined, ...rules }) },
      0,
    )
  }

  /** Both may compare with each other from now on, when somebody asks. */
  static link(one: StoreNode, other: StoreNode): void {
    one.#peers.set(other.peerId, other)
    other.#peers.set(one.peerId, one)
  }

  /** An envelope comes by gossip. */
  receive(bytes: Uint8Array): void {
    this.push(arrival(bytes, { wall: this.wall }))
  }

  push(event: Event): void {
    this.#events.push(event)
  }

  /** Compares with another node, and returns what came of it. */
  compare(
    other: StoreNode,
    mode: 'sync' | 'verify',
    range: { floor?: number; end?: number } = {},
    now = 1000,
  ): Compared {
    const ref = -1 - this.compared.length
    this.push({ type: 'compare', ref, peer: other.peerId, topic: 't', mode, ...range })
    run([this, other], now)
    const found = this.compared.findLast((action) => action.ref === ref)
    if (found === undefined) throw new Error('it did not end')
    return found
  }

  /** Handles one event, or ticks; false if there was nothing to do. */
  step(now: number): boolean {
    const event = this.#events.shift()
    if (event === undefined && (this.machine.nextWakeup ?? Infinity) > now) return false
    for (const action of this.machine.handle(event ?? { type: 'tick' }, now)) this.#carryOut(action)
    return true
  }

  #carryOut(action: Action): void {
    switch (action.type) {
      case 'verify':
        return this.push({ type: 'verified', ref: action.ref, valid: action.signature[0] !== junkSignature[0] })
      case 'sign':
        return this.push({ type: 'signed', ref: action.ref, signature })
      case 'judge': {
        const judgements = action.messages.map((message) => this.#judge?.(message) ?? ({ verdict: 'accept' } as const))
        return this.push({ type: 'judged', ref: action.ref, judgements })
      }
      case 'store':
        this.disk.push(action.record)
        this.push({ type: 'stored', ref: action.ref, arrival: this.#arrival + 1 })
        this.#arrival += action.record.keys.length / keySize
        return
      case 'load':
        return this.push({ type: 'loaded', ref: action.ref, records: this.disk })
      case 'deliver':
        return void this.delivered.push(...action.messages)
      case 'verdict':
      case 'ingested':
        return void this.decisions.push(action.decision.reason)
      case 'compared':
        return void this.compared.push(action)
      case 'settled':
        if (action.bytes !== undefined) this.forwarded.push(action.bytes)
        return void this.decisions.push(action.decision.reason)
      case 'want':
        return this.#want(action)
      case 'open':
        return this.#open(action.stream, action.peer)
      case 'send': {
        const end = this.#streams.get(action.stream)
        end?.node.push({
          type: 'frame',
          stream: end.stream,
          peer: this.peerId,
          bytes: action.bytes,
          wall: end.node.wall,
        })
        return this.push({ type: 'flushed', stream: action.stream, size: action.bytes.length })
      }
      case 'close': {
        const end = this.#streams.get(action.stream)
        this.#streams.delete(action.stream)
        end?.node.push({ type: 'closed', stream: end.stream })
        return
      }
      case 'findBody':
      case 'readBody':
      case 'saveBody':
      case 'dropBody':
      case 'askChunk':
      case 'blamed':
      case 'gossip':
      case 'gossipSigned':
      case 'published':
      case 'refused':
      case 'impersonated':
      case 'pause':
      case 'resume':
        return
    }
  }

  #want({ ref, peer, ids }: Action & { type: 'want' }): void {
    const node = this.#peers.get(peer)
    node?.wanted.push(...ids)
    const records = ids.flatMap((id) => node?.disk.find(({ keys }) => equalBytes(keys, id.subarray(0, keySize))) ?? [])
    this.push({ type: 'found', ref, envelopes: records.map(({ bytes }) => bytes), wall: this.wall })
  }

  #open(stream: number, peer: PeerId): void {
    const node = this.#peers.get(peer)
    if (node === undefined) return this.push({ type: 'closed', stream })
    const theirs = --node.#inbound
    this.#streams.set(stream, { node, stream: theirs })
    node.#streams.set(theirs, { node: this, stream })
    node.push({ type: 'opened', stream: theirs, peer: this.peerId, wall: node.wall })
    this.push({ type: 'opened', stream, peer, wall: this.wall })
  }
}

/** Lets nodes work until nothing is left to do at this time. */
export function run(nodes: readonly StoreNode[], now = 1000): void {
  for (let left = 100_000; left > 0; left--) if (!nodes.map((node) => node.step(now)).includes(true)) return
  throw new Error('it does not end')
}
