import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** A TCP address in multiaddr form, without the peer id. */
type Address = string

const tcpAddress = /^\/ip([46])\/([^/]+)\/tcp\/(\d+)$/

/** The addresses under which others may reach a node that listens there: wildcards become those of this machine. */
export function reachableAddresses(listen: readonly Address[]): Address[] {
  const found = new Set<Address>()
  for (const address of listen) {
    const [, family, host, port] = tcpAddress.exec(address) ?? []
    if (family === undefined) continue
    if (host === '0.0.0.0' || host === '::') {
      for (const ip of machineAddresses(family === '4' ? 'IPv4' : 'IPv6')) found.add(`/ip${family}/${ip}/tcp/${port}`)
    } else {
      found.add(address)
    }
  }
  return [...found].toSorted((a, b) => rank(a) - rank(b))
}

function machineAddresses(family: 'IPv4' | 'IPv6'): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === family && !address.address.startsWith('fe80'))
    .map((address) => address.address)
}

/** Order in a ticket: public, then local network, then loopback; IPv4 before IPv6 within each. */
function rank(address: Address): number {
  const [, family, host] = tcpAddress.exec(address) ?? []
  const ip = host ?? ''
  return scope(ip) * 2 + (family === '6' ? 1 : 0)
}

function scope(ip: string): number {
  if (ip === '::1' || ip.startsWith('127.')) return 2
  const isLocal = isIPv4(ip)
    ? /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(ip)
    : /^(fc|fd|fe8)/i.test(ip)
  return isLocal ? 1 : 0
}
