import {
  defineRelay,
  ignore,
  reject,
  type Relay,
  type RelayAnswer,
  type RelayContext,
  relayTopic,
  waitFor,
  waitMs,
} from '@grapevine/node/relay'
import { askForHeaders, serveHeaders } from './catch-up.ts'
import { HeaderChain } from './header-chain.ts'
import { type BlockHeader, headerSize, parseHeader } from './header.ts'
import { type BitcoinNetwork, bitcoinNetworks } from './network.ts'
import { secondsAhead } from './rules.ts'

/** A change of the best chain in which blocks left it. Hashes, from the old tip down and up to the new one. */
export interface Reorganisation {
  readonly fork: string
  readonly left: readonly string[]
  readonly joined: readonly string[]
}

/** How a Bitcoin relay runs. */
export interface BitcoinRelayOptions {
  readonly network: BitcoinNetwork['name']
  /** Default `bitcoin/NETWORK/headers`. */
  readonly topic?: string
  readonly onReorg?: (change: Reorganisation, relay: RelayContext) => void
}

/** How often another member is asked for headers that are missing here, in ms. */
const askMs = 10_000

/**
 * Relays the headers of a Bitcoin network: 80 bytes each, under the block's own hash. A header is accepted if its work, its
 * target, its time and its version are right on the chain that it continues; it waits for its parent. docs/relay.md says
 * what that proves.
 */
export function bitcoinHeaders({ network, topic, onReorg }: BitcoinRelayOptions): Relay {
  const name = topic ?? `bitcoin/${network}/headers`
  const chain = new HeaderChain(bitcoinNetworks[network])
  const take = (header: BlockHeader, relay: RelayContext): void => {
    const { move } = chain.add(header)
    if (move === undefined) return
    relay.gauge('height', move.to.height)
    relay.gauge('tip', move.to.id)
    relay.gauge('work', move.to.totalWork.toString(16))
    if (move.left.length === 0) return
    relay.count('reorganisations')
    const hashes = (blocks: typeof move.left): string[] => blocks.map(({ id }) => id)
    const change = { fork: move.fork.id, left: hashes(move.left), joined: hashes(move.joined) }
    relay.log.info('the chain was reorganised', { fork: change.fork, left: change.left.length, tip: move.to.id })
    onReorg?.(change, relay)
  }
  const judge = (header: BlockHeader, relay: RelayContext): RelayAnswer => {
    if (chain.has(header.hash)) return 'accept'
    const fault = chain.faultOf(header)
    if (fault !== undefined) return reject(fault)
    if (!chain.has(header.parent)) return waitFor([header.parent], 'its parent is not here')
    if (chain.isTooDeep(header)) return ignore('it is beside what is final')
    const ahead = secondsAhead(header, Date.now() / 1000)
    if (ahead > 0) return waitMs(ahead * 1000, 'its time is more than two hours ahead')
    take(header, relay)
    return chain.has(header.hash) ? 'accept' : ignore('other branches have more work')
  }
  return defineRelay({
    name: `bitcoin-${network}`,
    topics: [
      relayTopic<BlockHeader>({
        name,
        id: { hash: 'sha256d', bytes: headerSize, reversed: true },
        messageBytesMax: headerSize,
        replay: 'all',
        decode: parseHeader,
        validate: ({ value }, relay) => judge(value, relay),
        // What this node kept is checked again, here and by the chain: it may be from before the rules, or from a damaged disk.
        onAccept: ({ value }, relay) => {
          if (chain.faultOf(value) === undefined) take(value, relay)
        },
      }),
    ],
    start: (relay) => {
      relay.gauge('height', chain.tip.height)
      relay.gauge('tip', chain.tip.id)
    },
    ready: (relay) => void serveHeaders(chain, relay, name),
    timers: [{ everyMs: askMs, run: (relay) => askForHeaders(chain, relay, name) }],
  })
}

const wanted = process.env['BITCOIN_NETWORK'] ?? 'mainnet'

/** What `grapevine relay run` runs: the network that BITCOIN_NETWORK names, mainnet by default. */
export default bitcoinHeaders({ network: networkOf(wanted) })

function networkOf(text: string): BitcoinNetwork['name'] {
  if (Object.hasOwn(bitcoinNetworks, text)) return text as BitcoinNetwork['name']
  throw new RangeError(`BITCOIN_NETWORK: expected ${Object.keys(bitcoinNetworks).join(', ')}, got ${text}`)
}
