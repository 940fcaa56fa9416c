import { expect, test } from 'vitest'
import { BlockList, parseRange } from '../../src/peer/block-list.ts'

test('IPs and ranges are blocked, IPv4 in the disguise of IPv6 too', () => {
  const list = new BlockList()
  list.blockRange('192.0.2.0/24')
  list.blockRange('2001:db8::/32')
  list.blockRange('198.51.100.7')
  for (const host of ['192.0.2.9', '::ffff:192.0.2.9', '2001:db8::5', '198.51.100.7'])
    expect(list.refusesHost(host)).toBe(true)
  for (const host of ['192.0.3.9', '2001:db9::5', '198.51.100.8', 'example.org', ''])
    expect(list.refusesHost(host)).toBe(false)
  expect(list.unblock('192.0.2.0/24')).toBe(true)
  expect(list.unblock('192.0.2.0/24')).toBe(false)
  expect(list.refusesHost('192.0.2.9')).toBe(false)
})

test('with an allow list only its peers are let in, and not if they are blocked', () => {
  const list = new BlockList({ peers: ['bad'], ranges: [] })
  list.allowOnly(['good', 'bad'])
  expect(['good', 'bad', 'other'].map((peer) => list.refusesPeer(peer))).toEqual([false, true, true])
  list.allowOnly(['other'])
  expect(list.view()).toEqual({ peers: ['bad'], ranges: [], only: ['good', 'bad', 'other'] })
  list.allowOnly(undefined)
  expect(list.refusesPeer('stranger')).toBe(false)
})

test('a range has one spelling', () => {
  expect(['1.2.3.4', '1.2.3.4/32', '2001:DB8:0::1', '::1/128', '0.0.0.0/0'].map(parseRange)).toEqual([
    '1.2.3.4',
    '1.2.3.4',
    '2001:db8::1',
    '::1',
    '0.0.0.0/0',
  ])
  for (const text of ['1.2.3.4/33', '1.2.3/8', '::1/129', '1.2.3.4/', '1.2.3.4/08', 'fe80::1%eth0', '/8', 'x']) {
    expect(parseRange(text)).toBeUndefined()
  }
})
