import { expect, test } from 'vitest'
import type { KnownPeer } from '../../src/peer/address-book.ts'
import { dialAddresses } from '../../src/peer/dial-addresses.ts'

const peer = (origin: KnownPeer['origin'], ...addresses: string[]): KnownPeer => ({
  peerId: 'p',
  origin,
  seen: 0,
  addresses: addresses.map((address) => ({ address, since: 0, failures: 0 })),
})

test('a name that a stranger claims does not lead to this machine, one that the user gave may', async () => {
  const failed: string[] = []
  const addresses = ['/dns4/localhost/tcp/22', '/ip4/8.8.8.8/tcp/1']
  const learned = await dialAddresses(peer('learned', ...addresses), (known) => failed.push(known))
  expect([...learned]).toEqual([['/ip4/8.8.8.8/tcp/1', '/ip4/8.8.8.8/tcp/1']])
  expect(failed).toEqual(['/dns4/localhost/tcp/22'])
  const added = await dialAddresses(peer('added', ...addresses), (known) => failed.push(known))
  expect([...added.keys()]).toEqual(addresses)
})
