import { connect } from 'node:net'
import { parseTcpAddress } from '../peer/tcp-address.ts'
import type { ProbeDoor } from '@grapevine/protocol/probe'

/** Addresses of one member that are tried: as many connections cost somebody else if they are not its own. */
const addressesMax = 3
/** What tells most comes first. */
const order: readonly ProbeDoor[] = ['open', 'refused', 'silent', 'untried']

/**
 * Opens a TCP connection to some of these multiaddrs, and closes it: whether one is accepted, says nothing, or is refused.
 * Nothing is sent. Rejects never.
 */
export async function tryDoor(addresses: readonly string[], signal: AbortSignal): Promise<ProbeDoor> {
  const parsed = addresses.flatMap((text) => parseTcpAddress(text) ?? [])
  const found = await Promise.all(parsed.slice(0, addressesMax).map(({ address }) => knock(address, signal)))
  return order.find((door) => found.includes(door)) ?? 'untried'
}

function knock(address: string, signal: AbortSignal): Promise<ProbeDoor> {
  const [, , host, , port] = address.split('/')
  return new Promise((resolve) => {
    const socket = connect({ host: host!, port: Number(port) })
    const end = (door: ProbeDoor): void => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(door)
    }
    const onAbort = (): void => end('silent')
    socket.once('connect', () => end('open'))
    socket.on('error', ({ code }: NodeJS.ErrnoException) => end(code === 'ECONNREFUSED' ? 'refused' : 'silent'))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
  })
}
