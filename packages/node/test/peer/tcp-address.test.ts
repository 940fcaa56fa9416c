import { describe, expect, test } from 'vitest'
import { claimedAddresses, parseTcpAddress } from '../../src/peer/tcp-address.ts'

test.each([
  ['/ip4/8.8.8.8/tcp/4100', 'public'],
  ['/ip4/192.168.1.5/tcp/4100', 'local'],
  ['/ip4/127.9.9.9/tcp/4100', 'loopback'],
  ['/ip6/2001:4860::8888/tcp/1', 'public'],
  ['/ip6/fd00::1/tcp/1', 'local'],
  ['/ip6/::1/tcp/1', 'loopback'],
  ['/ip6/::ffff:127.0.0.1/tcp/1', 'loopback'],
  ['/ip6/::ffff:10.0.0.1/tcp/1', 'local'],
  ['/dns4/example.org/tcp/65535', 'name'],
])('%s reaches as far as %s', (text, scope) => {
  expect(parseTcpAddress(text)?.scope).toBe(scope)
})

test.each([
  '/ip4/0.0.0.0/tcp/1',
  '/ip6/::/tcp/1',
  '/ip6/fe80::1/tcp/1',
  '/ip6zone/eth0/ip6/fe80::1/tcp/1',
  '/ip4/169.254.169.254/tcp/80',
  '/ip4/224.0.0.1/tcp/1',
  '/ip4/255.255.255.255/tcp/1',
  '/ip6/ff02::1/tcp/1',
  '/ip6/::ffff:169.254.169.254/tcp/80',
  '/ip6/64:ff9b::7f00:1/tcp/1',
  '/ip4/1.2.3/tcp/1',
  '/ip4/1.2.3.4/tcp/0',
  '/ip4/1.2.3.4/tcp/65536',
  '/ip4/1.2.3.4/udp/1/quic-v1',
  '/unix/tmp%2fx',
  '/dns4/a..b/tcp/1',
  '/dnsaddr/example.org',
  '/ip4/1.2.3.4/tcp/1/ws',
  '/ip4/1.2.3.4/tcp/1/p2p',
  '',
  '/',
])('%j cannot be dialled', (text) => {
  expect(parseTcpAddress(text)).toBeUndefined()
})

describe('of what a peer claims', () => {
  const claims = [
    '/ip4/127.0.0.1/tcp/22',
    '/ip4/10.0.0.1/tcp/80',
    '/ip4/8.8.8.8/tcp/1',
    '/dns4/inside.corp/tcp/80',
    '/unix/x',
  ]

  test.each([
    ['over the Internet', '/ip4/9.9.9.9/tcp/50000', ['/ip4/8.8.8.8/tcp/1', '/dns4/inside.corp/tcp/80']],
    ['over a local network', '/ip4/192.168.1.2/tcp/50000', ['/ip4/10.0.0.1/tcp/80', '/ip4/8.8.8.8/tcp/1']],
    ['on this machine', '/ip6/::1/tcp/50000', ['/ip4/127.0.0.1/tcp/22', '/ip4/10.0.0.1/tcp/80', '/ip4/8.8.8.8/tcp/1']],
    ['over what we do not know', '/memory/x', ['/ip4/8.8.8.8/tcp/1']],
  ])('%s only what is as far counts', (_, via, kept) => {
    expect(claimedAddresses(claims, via, 'p')).toEqual(kept)
  })

  test('no more than 16 are read, and none of another peer', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `/ip4/8.8.8.8/tcp/${index + 1}`)
    expect(claimedAddresses(many, '/ip4/9.9.9.9/tcp/1', 'p')).toHaveLength(16)
    const ids = ['/ip4/8.8.8.8/tcp/1/p2p/q', '/ip4/8.8.8.8/tcp/2/p2p/p']
    expect(claimedAddresses(ids, '/ip4/9.9.9.9/tcp/1', 'p')).toEqual(['/ip4/8.8.8.8/tcp/2'])
  })
})
