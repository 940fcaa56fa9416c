import { setTimeout as delay } from 'node:timers/promises'
import { decodeTicket, ProtocolError } from '@grapevine/protocol'
import type { NetworkView, PeerView } from '@grapevine/protocol/control'
import { hostPort } from './address.ts'
import { clientIn, homeOf, type Context } from './context.ts'
import { formatElapsed } from './duration.ts'
import { CommandError } from './failure.ts'
import { ensureUp } from './launch.ts'
import { readWhole } from './line.ts'
import { plural, print, printJson, suggest } from './output.ts'
import { safe } from './safe.ts'

/** How long to wait for a first connection, in ms. */
const firstPeerMsMax = 3000
const ticketBytesMax = 65_536

/** Options of `join`. */
export interface JoinOptions {
  readonly dialect?: 'pubsub' | undefined
  readonly peer?: readonly string[] | undefined
  readonly name?: string | undefined
  readonly up?: true | undefined
}

/** Puts the home into a network and, with `up`, starts the node and waits for a first peer. */
export async function join(given: string | undefined, options: JoinOptions, context: Context): Promise<void> {
  const start = performance.now()
  const network = await enter(given, options, context)
  const home = await homeOf(context)
  if (options.up !== true) {
    if (context.json) return printJson({ network })
    await print(`joined ${network.name}`)
    suggest(`next: ${context.self} up`)
    return
  }
  await ensureUp({ home })
  const client = await clientIn(home)
  const peers = await firstPeer(() => client.call('peers', { all: true }))
  if (context.json) return printJson({ network, status: await client.call('status', {}) })
  const connected = peers.filter(isConnected)
  if (connected.length === 0) {
    await print(
      `joined ${network.name}, but ${noPeer(network, peers)}. Retrying for ever; see: ${context.self} peer ls --all`,
    )
    return
  }
  const shown = connected.slice(0, 4).map((peer) => peer.short)
  if (connected.length > shown.length) shown.push('…')
  const elapsed = formatElapsed(performance.now() - start)
  await print(`joined ${network.name} in ${elapsed}: ${plural(connected.length, 'peer')} (${shown.join(', ')})`)
  suggest(`next: ${context.self} sub chat, or: ${context.self} pub chat hello`)
}

async function enter(
  given: string | undefined,
  { dialect, peer, name }: JoinOptions,
  context: Context,
): Promise<NetworkView> {
  if (given !== undefined && (dialect ?? peer ?? name) !== undefined) {
    throw new CommandError(
      'usage',
      '--dialect, --peer and --name are for networks without a ticket',
      `give either a ticket or them: ${context.self} join --help`,
    )
  }
  const ticket = given === undefined ? undefined : await readTicket(given)
  const { joinNetwork, joinPubsub } = await import('@grapevine/node/home')
  if (ticket !== undefined) return joinNetwork(await homeOf(context), ticket)
  if (dialect === undefined || peer === undefined) {
    throw new CommandError(
      'usage',
      'join takes a ticket, or --dialect pubsub and at least one --peer',
      `see: ${context.self} join --help`,
    )
  }
  return joinPubsub(await homeOf(context), { name, peers: peer })
}

const isConnected = (peer: PeerView): boolean => peer.state === 'connected'

async function readTicket(given: string): Promise<string> {
  const text = given === '-' ? (await readWhole(process.stdin, ticketBytesMax))?.toString() : given
  const ticket = text?.trim() ?? ''
  try {
    decodeTicket(ticket)
    return ticket
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new CommandError('usage', ticketProblem(ticket, error))
  }
}

function ticketProblem(ticket: string, { code, message }: ProtocolError): string {
  const head = /^gvs1/i.test(ticket) ? 'gvs1' : 'gv1'
  if (code === 'ticket-damaged') return `${message}. Copy it whole: it starts with ${head} and has no spaces.`
  if (code === 'ticket-version') return `${message}. It comes from a newer grapevine: update this one.`
  return 'that is not a ticket. Copy it whole: it starts with gv1 or gvs1 and has no spaces.'
}

/** All known peers, once one is connected, or every one was tried in vain, or the time is up. */
async function firstPeer(known: () => Promise<readonly PeerView[]>): Promise<readonly PeerView[]> {
  const deadline = performance.now() + firstPeerMsMax
  for (;;) {
    const peers = await known()
    const isTried = peers.length > 0 && peers.every((peer) => peer.state === 'waiting' && peer.lastError !== undefined)
    if (peers.some(isConnected) || isTried || performance.now() > deadline) return peers
    await delay(25)
  }
}

function noPeer(network: NetworkView, peers: readonly PeerView[]): string {
  if (network.bootstrap.length === 0) return 'no other node in it is known'
  return peers.length > 0
    ? triedText(peers)
    : `no peer answers: ${network.bootstrap.slice(0, 3).map(hostPort).join(', ')}`
}

/** Why none of these peers is connected, for people. */
export function triedText(peers: readonly PeerView[]): string {
  if (peers.length === 0) return 'no peer is known'
  const tried = peers.slice(0, 3).map((peer) => {
    const address = peer.addresses[0]
    return `${address === undefined ? peer.short : safe(hostPort(address))} ${safe(peer.lastError ?? 'has not answered yet')}`
  })
  return `no peer answers: ${tried.join(', ')}`
}
