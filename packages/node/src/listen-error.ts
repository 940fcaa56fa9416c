import { once } from 'node:events'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { NodeError } from './error.ts'

/** How long an address may take to show its fault, in ms; a name that nobody resolves would take longer. */
const probeMsMax = 1_000

/**
 * What a user should hear when libp2p cannot listen: which address, why, and what to do. libp2p tells the reason in
 * words only, so each address is tried once more, alone.
 */
export async function listenError(error: unknown, listen: readonly string[]): Promise<unknown> {
  const name = (error as Error | undefined)?.name
  if (name !== 'UnsupportedListenAddressesError' && name !== 'UnsupportedListenAddressError') return error
  for (const address of listen) {
    const fault = await listenFault(address)
    if (fault !== undefined) return faultError(address, fault, error)
  }
  return new NodeError('listen', `cannot listen on ${listen.join(', ')}`, 'give another address with --listen ADDR', {
    cause: error,
  })
}

/** Why an address of the wrong family is missing although libp2p started: undefined if the machine has no IPv6. */
export async function missingIPv6Error(address: string): Promise<NodeError | undefined> {
  if (!hasIPv6()) return undefined
  const fault = await listenFault(address)
  return fault === undefined ? undefined : faultError(address, fault)
}

/** The code of the error that listening there ends in; undefined if it works. */
async function listenFault(address: string): Promise<string | undefined> {
  const [, family, host, port] = tcpAddress.exec(address) ?? []
  if (host === undefined) return 'unknown'
  const server = createServer()
  try {
    server.listen({ host, port: Number(port), ipv6Only: family === 'ip6' })
    await once(server, 'listening', { signal: AbortSignal.timeout(probeMsMax) })
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  } finally {
    server.close()
  }
}

const tcpAddress = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d+)/

function faultError(address: string, code: string, cause?: unknown): NodeError {
  const [, family, host, port] = tcpAddress.exec(address) ?? []
  const [what, hint] = wording(code, { family, host, port: Number(port) })
  return new NodeError('listen', `cannot listen on ${address}: ${what}`, hint, { cause })
}

function wording(
  code: string,
  { family, host, port }: { family: string | undefined; host: string | undefined; port: number },
): readonly [what: string, hint: string] {
  if (code === 'EADDRINUSE') {
    return [`port ${port} is in use`, 'end the program that has it, or listen elsewhere with --listen ADDR']
  }
  if (family === 'ip6' && !hasIPv6()) return ['this machine has no IPv6', 'give an /ip4/ address with --listen ADDR']
  if (code === 'EADDRNOTAVAIL' || code === 'EINVAL') {
    const hint = `it has ${machineAddresses().join(', ')}; an address that a router forwards from goes to --announce`
    return [`${host} is no address of this machine`, hint]
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return [`this user may not open port ${port}`, 'give a port from 1024 on with --listen ADDR']
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'ABORT_ERR') {
    return [`the name ${host} has no address`, 'give an /ip4/ or /ip6/ address with --listen ADDR']
  }
  return [code, 'give another address with --listen ADDR']
}

const hasIPv6 = (): boolean =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'))

const machineAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
