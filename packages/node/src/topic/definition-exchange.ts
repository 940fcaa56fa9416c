import { lpStream } from '@libp2p/utils'
import { concatBytes, encodeUtf8, equalBytes } from '@grapevine/protocol'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { connectionTo } from '../peer/connection-to.ts'
import type { HeldTopic, TopicTable } from './table.ts'

const protocol = '/grapevine/definition/1'
const hashSize = 32
/** Topics in one request; 64 of the longest names are 12 KiB. */
const topicsMax = 64
const frameBytesMax = 16_384
const timeoutMs = 3_000
/** Subscriptions come one by one; what comes within this time is asked in one request. */
const gatherMs = 20

const nothing = new Uint8Array(hashSize)
const decoder = new TextDecoder()

/**
 * Lets two neighbours tell each other what they mean by the topics that both hold. Whoever learns that a peer subscribes
 * sends the hash of its own definition for each topic, and gets the peer's: a stream of its own, with one frame each way.
 * Request: for each topic 32 bytes hash ‖ 1 byte length ‖ wire name. Answer: 32 bytes for each, zeros where it is not
 * held. Nobody has to publish for a mismatch to show. A peer that does not speak this is only known by its messages.
 */
export class DefinitionExchange {
  readonly #libp2p: Libp2p
  readonly #topics: TopicTable
  readonly #onNews: (peer: string, wireName: string) => void
  /** What peers said, by peer and topic name; peers that are connected, topics that were held when they said it. */
  readonly #said = new Map<string, Map<string, Uint8Array>>()
  readonly #due = new Map<string, Set<string>>()
  readonly #timers = new Set<NodeJS.Timeout>()

  /** `onNews` is told when a peer says another hash than before. */
  constructor(libp2p: Libp2p, topics: TopicTable, onNews: (peer: string, wireName: string) => void) {
    this.#libp2p = libp2p
    this.#topics = topics
    this.#onNews = onNews
  }

  async start(): Promise<void> {
    await this.#libp2p.handle(
      protocol,
      (stream, connection) => this.#answer(stream, connection).catch(() => undefined),
      { maxInboundStreams: 2 },
    )
    this.#libp2p.addEventListener('peer:disconnect', ({ detail }) => {
      this.#said.delete(detail.toString())
      this.#due.delete(detail.toString())
    })
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }

  /** A peer subscribes to a topic that we hold, or our definition of it is new. */
  met(peer: string, wireName: string): void {
    const due = this.#due.get(peer)
    if (due !== undefined) return void due.add(wireName)
    this.#due.set(peer, new Set([wireName]))
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      void this.#ask(peer)
    }, gatherMs)
    timer.unref()
    this.#timers.add(timer)
  }

  /** What connected peers mean by a topic: hashes of 32 bytes by peer id. */
  of(topic: string): ReadonlyMap<string, Uint8Array> {
    const found = new Map<string, Uint8Array>()
    for (const [peer, said] of this.#said) {
      const hash = said.get(topic)
      if (hash !== undefined) found.set(peer, hash)
    }
    return found
  }

  async #ask(peer: string): Promise<void> {
    const wireNames = [...(this.#due.get(peer) ?? [])]
    this.#due.delete(peer)
    const connection = connectionTo(this.#libp2p, peer)
    const held = wireNames.map((name) => this.#topics.byWireName(name)).filter((topic) => topic !== undefined)
    if (connection === undefined) return
    for (let start = 0; start < held.length; start += topicsMax) {
      const part = held.slice(start, start + topicsMax)
      try {
        const answer = await talk(await connection.newStream(protocol), async (frames, signal) => {
          await frames.write(concatBytes(...part.map(entryOf)), { signal })
          return (await frames.read({ signal })).slice()
        })
        if (answer.length !== part.length * hashSize) return
        for (const [index, topic] of part.entries())
          this.#note(connection, topic, answer.slice(index * hashSize, (index + 1) * hashSize))
      } catch {
        // It does not speak this, or is gone.
        return
      }
    }
  }

  async #answer(stream: Stream, connection: Connection): Promise<void> {
    await talk(stream, async (frames, signal) => {
      const entries = readEntries((await frames.read({ signal })).slice())
      const answers = entries.map(({ hash, wireName }) => {
        const topic = this.#topics.byWireName(wireName)
        if (topic === undefined) return nothing
        this.#note(connection, topic, hash)
        return topic.hash
      })
      await frames.write(concatBytes(...answers), { signal })
    })
  }

  #note({ remotePeer, status }: Connection, { topic, rules }: HeldTopic, hash: Uint8Array): void {
    // What comes after the end of a connection would be kept for ever.
    if (status !== 'open') return
    const peer = remotePeer.toString()
    let said = this.#said.get(peer)
    if (said === undefined) this.#said.set(peer, (said = new Map()))
    for (const name of said.keys()) if (this.#topics.get(name) === undefined) said.delete(name)
    const before = said.get(topic.name)
    if (hash.some((byte) => byte !== 0)) said.set(topic.name, hash)
    else said.delete(topic.name)
    if (before !== undefined && !equalBytes(before, hash)) this.#onNews(peer, rules.wireName)
  }
}

function entryOf({ hash, rules }: HeldTopic): Uint8Array {
  const name = encodeUtf8(rules.wireName)
  return concatBytes(hash, Uint8Array.of(name.length), name)
}

/** As many whole entries as there are, 64 at most. */
function readEntries(bytes: Uint8Array): { hash: Uint8Array; wireName: string }[] {
  const entries: { hash: Uint8Array; wireName: string }[] = []
  for (let at = 0; at + hashSize < bytes.length && entries.length < topicsMax;) {
    const start = at + hashSize + 1
    const end = start + bytes[at + hashSize]!
    if (end > bytes.length) break
    entries.push({ hash: bytes.slice(at, at + hashSize), wireName: decoder.decode(bytes.subarray(start, end)) })
    at = end
  }
  return entries
}

async function talk<Result>(
  stream: Stream,
  speak: (frames: ReturnType<typeof lpStream<Stream>>, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const result = await speak(
      lpStream(stream, { maxDataLength: frameBytesMax, maxBufferSize: 2 * frameBytesMax }),
      signal,
    )
    await stream.close({ signal })
    return result
  } catch (error) {
    stream.abort(error as Error)
    throw error
  }
}
