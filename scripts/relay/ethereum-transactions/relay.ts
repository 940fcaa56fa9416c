import {
  defineRelay,
  ignore,
  reject,
  type Relay,
  type RelayAnswer,
  type RelayContext,
  type RelayTopic,
  relayTopic,
  waitMs,
} from '@grapevine/node/relay'
import type { TransactionPoolOptions } from '@grapevine/protocol/pool'
import { optionsFrom } from './environment.ts'
import { TransactionFeed } from './feed.ts'
import { Intake } from './intake.ts'
import { Journal } from './journal.ts'
import { Mempool } from './mempool.ts'
import { ethereumMethods } from './methods.ts'
import { Publisher } from './publisher.ts'
import { type EthereumRules, ethereumRules } from './rules.ts'
import { isNative } from './sender.ts'
import { RpcServer } from './server.ts'

/** How an Ethereum relay runs. */
export interface EthereumRelayOptions {
  /** What is asked of transactions; default: mainnet's rules. */
  readonly rules?: Partial<EthereumRules>
  /** Bounds of the pool; `mempool.ts` has what differs from the pool's own defaults. */
  readonly pool?: Partial<TransactionPoolOptions>
  /** Default `ethereum/CHAINID/transactions`. */
  readonly topic?: string
  /** What the topic says beyond its name and ids, the same on all nodes, such as `authorRateMax`; and what is kept: an hour by default. */
  readonly definition?: Pick<
    RelayTopic,
    'messageBytesMax' | 'dissemination' | 'authorRateMax' | 'delivery' | 'retention'
  >
  /** Port of the JSON-RPC server on loopback. Default 8545, as clients of Ethereum have it; 0 takes any; false opens none. */
  readonly port?: number | false
}

/** Largest transaction, and largest that is pushed: others are announced, and fetched by who lacks them. Both as geth has them. */
const [transactionBytesMax, pushedBytesMax] = [131_072, 4_096]
/** How often what was taken is written, and what is too old dropped, in ms. */
const upkeepMs = 250
/** How long what finds no room in the queue waits in the node until it is judged again, in ms. */
const queueWaitMs = 3_000

/**
 * Relays transactions of an Ethereum chain under their own hashes, with JSON-RPC for wallets and a feed for readers.
 * docs/ethereum-relay.md says exactly what is checked.
 */
export function ethereumTransactions(options: EthereumRelayOptions = {}): Relay {
  const rules = { ...ethereumRules, ...options.rules }
  const topic = options.topic ?? `ethereum/${rules.chainId}/transactions`
  const feed = new TransactionFeed()
  let journal: Journal | undefined
  let intake: Intake | undefined
  let server: RpcServer | undefined
  const mempool = new Mempool(rules, options.pool ?? {}, (change) => {
    const { id, item } = change.transaction
    if (change.type === 'dropped') journal?.drop(id)
    else journal?.add(id, item.bytes)
    if (change.type === 'ready') feed.announce(change.transaction)
  })
  const judge = (bytes: Uint8Array, id: string, peer: string, relay: RelayContext): RelayAnswer => {
    const hash = `0x${id}`
    const judged = mempool.judge(bytes, { hash, peer, now: Date.now() })
    intake?.judged(hash, judged)
    if (judged.verdict === 'accept') return 'accept'
    relay.count(`${judged.verdict} ${judged.reason}`)
    if (judged.verdict === 'defer') return waitMs(queueWaitMs, judged.reason)
    return judged.verdict === 'reject' ? reject(judged.reason) : ignore(judged.reason)
  }
  const upkeep = (relay: RelayContext): void => {
    mempool.expire(Date.now())
    const { ready, queued, bytes } = mempool.size
    relay.gauge('ready', ready)
    relay.gauge('queued', queued)
    relay.gauge('bytes', bytes)
    relay.gauge('readers', feed.size)
    writeJournal(relay)
  }
  let isWritten = true
  const writeJournal = (relay: RelayContext): void => {
    try {
      journal?.flush()
      isWritten = true
      relay.gauge('journal', 'written')
    } catch (error) {
      if (isWritten)
        relay.log.error('the pool cannot be written: it would not survive a restart', { error: String(error) })
      isWritten = false
      relay.gauge('journal', 'failed')
    }
  }
  return defineRelay({
    name: `ethereum-${rules.chainId}`,
    topics: [
      relayTopic({
        name: topic,
        id: { hash: 'keccak256' },
        messageBytesMax: transactionBytesMax,
        dissemination: { hybrid: pushedBytesMax },
        // Each has been judged where it was sent, by rules that are the same everywhere: none is rejected for another.
        together: true,
        retention: { time: 3_600_000 },
        ...options.definition,
        validate: ({ payload, id, from }, relay) => judge(payload, id, from, relay),
      }),
    ],
    start: (relay) => {
      relay.gauge('signatures', isNative ? 'native' : 'JavaScript')
      journal = restore(mempool, (opened) => (journal = opened), relay)
    },
    ready: async (relay) => {
      if (options.port === false) return
      const taken = (intake = new Intake(mempool, new Publisher(relay.client, topic, relay.signal)))
      const methods = ethereumMethods({
        mempool,
        chainId: rules.chainId,
        version: `Grapevine/ethereum-transactions/${process.version}`,
        submit: (bytes) => taken.submit(bytes),
      })
      const onError = (error: unknown): void => relay.log.error('a call failed', { error: String(error) })
      server = await RpcServer.open({ port: options.port ?? 8545, target: { methods, onError }, feed })
      relay.gauge('rpc', `http://127.0.0.1:${server.port}/`)
      relay.log.info('JSON-RPC is served', { url: `http://127.0.0.1:${server.port}/` })
    },
    timers: [{ everyMs: upkeepMs, run: upkeep }],
    stop: async (relay) => {
      await server?.close()
      writeJournal(relay)
    },
  })
}

/** Takes back what the journal has, by today's rules. */
function restore(mempool: Mempool, opened: (journal: Journal) => void, { directory, log }: RelayContext): Journal {
  const journal = new Journal(directory)
  const { kept, damaged } = journal.read()
  opened(journal)
  for (const { id, bytes } of kept) mempool.judge(bytes, { hash: id, peer: '', now: Date.now() })
  if (damaged > 0) log.warn('lines of the journal were damaged and left out', { damaged })
  journal.rewrite()
  return journal
}

/** What `grapevine relay run` runs. */
export default ethereumTransactions(optionsFrom(process.env))
