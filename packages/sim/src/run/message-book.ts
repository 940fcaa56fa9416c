import { encodeUtf8, equalBytes, keySize, type Message, type Millis, type StoreRecord } from '@grapevine/protocol'

/** A publish of an honest node. */
export interface Publish {
  readonly number: number
  readonly node: number
  readonly topic: string
  readonly at: Millis
  isAcknowledged: boolean
  /** The message, once its id is known. */
  message?: BookMessage
}

/** A message, whoever it is from, and how far it came. */
export interface BookMessage {
  readonly topic: string
  readonly id: Uint8Array
  /** Absent for what hostile nodes say. */
  publish?: Publish
  /** 1 for nodes that have it: on disk, or without disks in memory. */
  readonly held: Uint8Array
  holders: number
  /** In how many ms it was delivered, first of all times; −1: not yet. */
  readonly delays: Float32Array
  /** 1 for nodes that have delivered it since they have it. */
  readonly delivered: Uint8Array
}

/** Follows every message to every node. */
export class MessageBook {
  readonly publishes: Publish[] = []
  readonly #nodes: number
  readonly #keyOf: (node: number) => Uint8Array
  readonly #messages = new Map<string, BookMessage>()
  deliveries = 0

  constructor(nodes: number, keyOf: (node: number) => Uint8Array) {
    this.#nodes = nodes
    this.#keyOf = keyOf
  }

  get messages(): IterableIterator<BookMessage> {
    return this.#messages.values()
  }

  /** A payload of so many bytes for the next publish, which this notes. */
  publish(node: number, topic: string, bytes: number, at: Millis): Uint8Array {
    const number = this.publishes.length
    this.publishes.push({ number, node, topic, at, isAcknowledged: false })
    const payload = new Uint8Array(bytes)
    payload.set(encodeUtf8(String(number).padStart(8, '0')))
    return payload
  }

  /** A message by the first bytes of its id. */
  find(topic: string, id: Uint8Array): BookMessage {
    const key = textOf(topic, id)
    let message = this.#messages.get(key)
    if (message === undefined) {
      const common = { held: new Uint8Array(this.#nodes), holders: 0, delivered: new Uint8Array(this.#nodes) }
      message = { topic, id: id.slice(0, keySize), ...common, delays: new Float32Array(this.#nodes).fill(-1) }
      this.#messages.set(key, message)
    }
    return message
  }

  /** The messages of a record of a store. */
  ofRecord({ topic, keys }: StoreRecord): BookMessage[] {
    return Array.from({ length: keys.length / keySize }, (_, at) =>
      this.find(topic, keys.subarray(at * keySize, (at + 1) * keySize)),
    )
  }

  /** A node delivers a message; returns it. */
  deliver(node: number, { topic, id, payload, author }: Message, now: Millis): BookMessage {
    const message = this.find(topic, id)
    if (message.publish === undefined) this.#link(message, payload, author)
    const { publish, delays } = message
    if (delays[node] === -1) {
      delays[node] = publish === undefined ? 0 : now - publish.at
      if (publish !== undefined) this.deliveries++
    }
    return message
  }

  hold(message: BookMessage, node: number): void {
    if (message.held[node] === 1) return
    message.held[node] = 1
    message.holders++
  }

  /** A node has lost it, and may deliver it again. */
  lose(message: BookMessage, node: number): void {
    if (message.held[node] === 1) message.holders--
    message.held[node] = 0
    message.delivered[node] = 0
  }

  #link(message: BookMessage, payload: Uint8Array, author: Uint8Array): void {
    const publish = this.publishes[Number(String.fromCharCode(...payload.subarray(0, 8)))]
    // Hostile nodes send the payloads of others under their own names.
    if (publish === undefined || publish.message !== undefined || publish.topic !== message.topic) return
    if (!equalBytes(author, this.#keyOf(publish.node))) return
    publish.message = message
    message.publish = publish
  }
}

const textOf = (topic: string, id: Uint8Array): string => `${topic}/${String.fromCharCode(...id.subarray(0, keySize))}`
