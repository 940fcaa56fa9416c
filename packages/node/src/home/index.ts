/**
 * The folder of a node on disk: identity, network, settings. Light, and without libp2p, so that commands which only
 * look or prepare start at once.
 *
 * @example
 * ```ts
 * import { createNetwork, homeDirectory, ticketOf } from '@grapevine/node/home'
 * const home = homeDirectory({}, process.env)
 * await createNetwork(home, { name: 'demo' })
 * console.log(ticketOf(home))
 * ```
 */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  decodeTicket,
  encodeTicket,
  equalBytes,
  keyFromPeerId,
  ProtocolError,
  ticketAddressesMax,
  type Dialect,
  type NetworkView,
  type Ticket,
} from '@grapevine/protocol'
import { readConfig } from '../config/file.ts'
import { NodeError } from '../error.ts'
import { parseTcpAddress } from '../peer/tcp-address.ts'
import { reachableAddresses } from './addresses.ts'
import { ensureHome } from './directory.ts'
import { makeIdentity, readIdentity, type Identity } from './identity.ts'
import { lockHome } from './lock.ts'
import { forgetNetwork, loadNetwork, networkView, pubsubNetworkId, saveNetwork, type Network } from './network.ts'
import { everyAddress, lasting, makeSettings, pickPort, readSettings } from './settings.ts'

export { NodeError, type NodeErrorCode } from '../error.ts'
export { homeDirectory } from './directory.ts'
export { holderOf } from './lock.ts'
export { readLog } from '../log/read.ts'
export { controlSocketOf } from './socket-path.ts'

/** What `init` did and found. */
export interface InitResult {
  readonly created: boolean
  readonly peerId: string
  readonly port: number
  readonly name?: string
}

/** Makes the home if it is missing: folder, key, port. Changes nothing in one that is complete. */
export async function initHome(
  home: string,
  options: { readonly name?: string | undefined } = {},
): Promise<InitResult> {
  ensureHome(home)
  const known = readIdentity(home)
  const identity = known ?? makeIdentity(home)
  let settings = readSettings(home)
  if (settings === undefined) {
    settings = makeSettings(home, { port: await pickPort(), ...(options.name !== undefined && { name: options.name }) })
  }
  const { port, name } = settings
  return { created: known === undefined, peerId: identity.peerId, port, ...(name !== undefined && { name }) }
}

/** Makes a network and puts the home into it. Error `other-network` if the home has one. */
export async function createNetwork(
  home: string,
  options: {
    readonly name: string
    readonly private?: boolean | undefined
    /** Default `grapevine`. */
    readonly dialect?: Dialect | undefined
  },
): Promise<NetworkView> {
  const { name, dialect = 'grapevine' } = options
  refuseBadNetworkName(name)
  await initHome(home)
  refuseSecond(home, loadNetwork(home), name)
  const network: Network = {
    name,
    id: dialect === 'pubsub' ? pubsubNetworkId(name) : new Uint8Array(randomBytes(32)),
    dialect,
    bootstrap: [],
    ...(options.private === true && { preSharedKey: new Uint8Array(randomBytes(32)) }),
  }
  saveNetwork(home, network)
  return networkView(network)
}

function refuseBadNetworkName(name: string): void {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(name)) return
  throw new NodeError(
    'usage',
    'a network name has 1 to 64 of A-Z a-z 0-9 . _ -',
    'for example: grapevine network create demo',
  )
}

/** Puts the home into the network of a ticket; a second ticket of the same network adds its addresses. */
export async function joinNetwork(home: string, ticketText: string): Promise<NetworkView> {
  const ticket = readTicket(ticketText)
  return enter(home, { ...ticket, id: ticket.networkId })
}

/**
 * Puts the home into a network of dialect `pubsub`, which needs no ticket: only peers, as multiaddrs with peer id, and a
 * name of our own for it. A second call adds peers. Errors `usage` (address, name), `other-network`.
 */
export async function joinPubsub(
  home: string,
  { name, peers }: { readonly name?: string | undefined; readonly peers: readonly string[] },
): Promise<NetworkView> {
  for (const peer of peers) refuseBadPeer(peer)
  if (name !== undefined) refuseBadNetworkName(name)
  const known = loadNetwork(home)
  const called = name ?? (known?.dialect === 'pubsub' ? known.name : pubsubNameDefault)
  const id = known?.dialect === 'pubsub' && known.name === called ? known.id : pubsubNetworkId(called)
  const key = known?.preSharedKey
  return enter(home, { name: called, id, dialect: 'pubsub', addresses: peers, ...(key && { preSharedKey: key }) })
}

function refuseBadPeer(text: string): void {
  const peerId = parseTcpAddress(text)?.peerId
  if (peerId === undefined) {
    throw new NodeError(
      'usage',
      `${JSON.stringify(text.slice(0, 200))} is not an address with a peer id`,
      'give one such as /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…',
    )
  }
  if (keyFromPeerId(peerId) !== undefined) return
  throw new NodeError(
    'usage',
    `${text} has an id that is not of an Ed25519 key`,
    'join by a peer whose id begins with 12D3Koo; others are not connected to',
  )
}

/** What a network is called that nobody named. */
const pubsubNameDefault = 'pubsub'

type Entered = Pick<Network, 'name' | 'id' | 'dialect'> & Pick<Ticket, 'addresses' | 'preSharedKey'>

async function enter(home: string, { name, id, dialect, addresses, preSharedKey }: Entered): Promise<NetworkView> {
  const { peerId } = await initHome(home)
  const known = loadNetwork(home)
  if (known !== undefined && !equalBytes(known.id, id)) refuseSecond(home, known, name)
  const others = addresses.filter((address) => !address.endsWith(`/p2p/${peerId}`))
  const network: Network = {
    name,
    id,
    dialect,
    bootstrap: [...new Set([...others, ...(known?.bootstrap ?? [])])].slice(0, bootstrapMax),
    ...(preSharedKey && { preSharedKey }),
  }
  saveNetwork(home, network)
  return networkView(network)
}

/** Addresses kept from tickets: those of eight tickets. */
const bootstrapMax = 64

/** What a node held of its network. */
const holdings = ['topics.json', 'peers.json'] as const

/**
 * Takes network and key out of the home; with `purge`, also what the node held there: topics and known peers. Identity,
 * port and options stay. Returns the network that was left. Errors `no-network`; `running` while a node runs there.
 */
export async function leaveNetwork(
  home: string,
  { purge = false }: { readonly purge?: boolean } = {},
): Promise<NetworkView> {
  const network = requireNetwork(home)
  const lock = await lockHome(home)
  try {
    forgetNetwork(home)
    if (purge) for (const file of holdings) rmSync(join(home, file), { force: true })
  } finally {
    lock.release()
  }
  return networkView(network)
}

/** The network of a home, or undefined. */
export function readNetwork(home: string): NetworkView | undefined {
  const network = loadNetwork(home)
  return network && networkView(network)
}

/** Who a home is. Error `home` if it has no key yet. */
export function identityOf(home: string): { readonly peerId: string; readonly name?: string } {
  const identity = requireIdentity(home)
  const name = readSettings(home)?.name
  return { peerId: identity.peerId, ...(name !== undefined && { name }) }
}

/** A ticket for the network of a home: this node's addresses, then those it joined by. Works while the node is down. */
export function ticketOf(home: string): string {
  const network = requireNetwork(home)
  const identity = requireIdentity(home)
  const { port, listened, announced } = readSettings(home) ?? {}
  if (listened !== undefined && listened.length > 0)
    return ticketFor(network, identity, { listen: listened, announce: announced ?? [] })
  const { listen = [], announce = [] } = readConfig(home)
  const listening = listen.length === 0 && port !== undefined ? everyAddress(port) : lasting(listen)
  return ticketFor(network, identity, { listen: listening, announce })
}

/** The same for a home whose parts are at hand. `listen`: with the ports that the node really has. */
export function ticketFor(
  network: Network,
  identity: Identity,
  { listen, announce }: { readonly listen: readonly string[]; readonly announce: readonly string[] },
): string {
  const own = [...announce, ...reachableAddresses(listen)]
    .map((address) => (address.includes('/p2p/') ? address : `${address}/p2p/${identity.peerId}`))
    .slice(0, ownAddressesMax)
  return encodeTicket({
    name: network.name,
    networkId: network.id,
    dialect: network.dialect,
    addresses: [...new Set([...own, ...network.bootstrap])].slice(0, ticketAddressesMax),
    ...(network.preSharedKey && { preSharedKey: network.preSharedKey }),
  })
}

/** A machine with many interfaces leaves room for other peers in its tickets. */
const ownAddressesMax = 5

function requireIdentity(home: string): Identity {
  const identity = readIdentity(home)
  if (identity === undefined)
    throw new NodeError('home', `${home} has no identity yet`, 'make one with: grapevine init')
  return identity
}

/** The network of a home, secret included. Error `no-network`. */
export function requireNetwork(home: string): Network {
  const network = loadNetwork(home)
  if (network !== undefined) return network
  throw new NodeError(
    'no-network',
    `${home} is in no network`,
    'start one with: grapevine network create NAME; or join one with: grapevine join TICKET',
  )
}

function refuseSecond(home: string, known: Network | undefined, wanted: string): void {
  if (known === undefined) return
  throw new NodeError(
    'other-network',
    `${home} is in network ${known.name} already; one home is in one network`,
    `leave it with: grapevine network leave; or use another home: grapevine --node ${wanted} …`,
  )
}

function readTicket(text: string): Ticket {
  try {
    return decodeTicket(text.trim())
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new NodeError('usage', error.message, 'copy it whole: it starts with gv1 and has no spaces', { cause: error })
  }
}
