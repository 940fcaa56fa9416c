import { lookup } from 'node:dns/promises'
import type { KnownPeer } from './address-book.ts'
import { parseTcpAddress, scopeOfIp } from './tcp-address.ts'

/**
 * The addresses to dial for a peer, in order, each with the address of the book that it stands for. The name that a
 * learned peer claims is looked up here, and dialled only at public IPs: else a stranger's name could lead us to our own
 * machine or network. `onFailure` hears of names without any.
 */
export async function dialAddresses(
  { origin, addresses }: KnownPeer,
  onFailure: (known: string, error: Error) => void,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const { address } of addresses) {
    const texts = origin === 'learned' ? await publicAddresses(address) : [address]
    for (const text of texts) found.set(text, address)
    if (texts.length === 0) onFailure(address, new Error('the name has no public address'))
  }
  return found
}

async function publicAddresses(address: string): Promise<readonly string[]> {
  const parsed = parseTcpAddress(address)
  if (parsed?.scope !== 'name') return [address]
  const [, root] = address.split('/')
  const family = root === 'dns4' ? 4 : root === 'dns6' ? 6 : 0
  const found = await lookup(parsed.host, { all: true, family }).catch(() => [])
  return found
    .map((one) => ({ ip: one.address, kind: one.family === 4 ? ('ip4' as const) : ('ip6' as const) }))
    .filter(({ ip, kind }) => scopeOfIp(ip, kind) === 'public')
    .slice(0, 4)
    .map(({ ip, kind }) => address.replace(`/${root}/${parsed.host}/`, `/${kind}/${ip}/`))
}
