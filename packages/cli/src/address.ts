import { isIPv4 } from 'node:net'

/** `HOST:PORT` of a multiaddr on TCP, an IPv6 host in brackets; any other multiaddr as it is, without its peer id. */
export function hostPort(multiaddr: string): string {
  const match = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d+)/.exec(multiaddr)
  if (match === null) return multiaddr.replace(/\/p2p\/[^/]+$/, '')
  const [, kind, host, port] = match
  return kind === 'ip6' ? `[${host}]:${port}` : `${host}:${port}`
}

/** The address to show for a node: the first that is neither loopback nor IPv6, else the first. */
export function mainAddress(multiaddrs: readonly string[]): string | undefined {
  const main = multiaddrs.find((address) => {
    const host = address.split('/')[2] ?? ''
    return !host.startsWith('127.') && (isIPv4(host) || address.startsWith('/dns'))
  })
  const shown = main ?? multiaddrs[0]
  return shown === undefined ? undefined : hostPort(shown)
}
