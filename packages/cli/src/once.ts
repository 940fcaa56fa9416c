import { mkdtemp } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ControlClient } from '@grapevine/node/client'
import { decodeTicket, encodeTicket, ProtocolError, ticketAddressesMax } from '@grapevine/protocol'
import type { PeerView } from '@grapevine/protocol/control'
import { clientIn, homeOf, type Context } from './context.ts'
import { formatElapsed } from './duration.ts'
import { CommandError } from './failure.ts'
import { triedText } from './join.ts'
import { plural } from './output.ts'

/** How long to look for a first peer, unless the command's own timeout is shorter, in ms. */
const reachMsMax = 10_000
const pollMs = 25

/** How to take part without a running node. */
export interface OnceOptions {
  readonly once?: true | undefined
  /** A ticket; or the address of a peer, in the network of the home. Absent: as the home's own ticket says. */
  readonly join?: string | undefined
}

/** Whether a command brings its own node. Error `usage` for `--join` alone. */
export function isOnce({ once, join: address }: OnceOptions): boolean {
  if (once === undefined && address !== undefined)
    throw new CommandError('usage', '--join needs --once', 'to join for good: grapevine join TICKET')
  return once === true
}

/**
 * Runs `work` with a node that lives as long as it does: in this process, with a new identity in a temporary home, in
 * the network of a ticket. It listens nowhere. `work` gets the context of that home, whose node answers like any other.
 */
export async function withNodeOnce(
  options: OnceOptions & { readonly topics: readonly string[]; readonly timeout?: number | undefined },
  context: Context,
  work: (context: Context) => Promise<void>,
): Promise<void> {
  const ticket = await placeOf(options, context)
  const [{ runNodeOnce }, home] = await Promise.all([
    import('@grapevine/node/run'),
    mkdtemp(join(tmpdir(), 'grapevine-once-')),
  ])
  // Also where the process ends without coming back here.
  const remove = (): void => rmSync(home, { recursive: true, force: true })
  process.once('exit', remove)
  const interrupted = (): never => process.exit(130)
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  try {
    await runNodeOnce({ home, ticket }, async () => {
      await reach(await clientIn(home), options.topics, Math.min(reachMsMax, options.timeout ?? Infinity))
      await work({ ...context, choice: { home } })
    })
  } finally {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
    process.off('exit', remove)
    remove()
  }
}

/** Holds the topics, and waits until a peer of each can be reached: who leaves soon has to give its messages to somebody. */
async function reach(client: ControlClient, topics: readonly string[], waitMs: number): Promise<void> {
  for (const topic of topics) await client.call('topicHold', {}, { body: { topic } })
  const deadline = performance.now() + waitMs
  for (;;) {
    const held = await client.call('topics', {})
    const lonely = held.find(({ peers }) => peers === 0)
    if (lonely === undefined) return
    if (performance.now() > deadline) throw unreached(lonely.topic, waitMs, await client.call('peers', { all: true }))
    await delay(pollMs)
  }
}

function unreached(topic: string, waitMs: number, peers: readonly PeerView[]): CommandError {
  const connected = peers.filter(({ state }) => state === 'connected')
  const within = formatElapsed(waitMs)
  if (connected.length > 0) {
    const met = plural(connected.length, 'peer')
    return new CommandError(
      'timeout',
      `${met} within ${within}, but none that holds ${topic}`,
      `there it takes: grapevine topic add ${topic}`,
    )
  }
  return new CommandError('timeout', `within ${within} ${triedText(peers)}`, 'is a node running there?')
}

/** The ticket of the network to be in; an address goes in front of those of the home's own ticket. */
async function placeOf({ join: given }: OnceOptions, context: Context): Promise<string> {
  try {
    if (given !== undefined && !given.startsWith('/')) {
      decodeTicket(given.trim())
      return given.trim()
    }
    const { ticketOf } = await import('@grapevine/node/home')
    const own = ticketOf(await homeOf(context))
    if (given === undefined) return own
    const ticket = decodeTicket(own)
    return encodeTicket({ ...ticket, addresses: [given, ...ticket.addresses].slice(0, ticketAddressesMax) })
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new CommandError(
      'usage',
      `--join: ${error.message}`,
      'it takes a whole ticket, or the address of a peer such as /ip4/192.168.1.5/tcp/4100/p2p/12D3…, as status prints it',
    )
  }
}
