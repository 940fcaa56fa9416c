import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hostPort, mainAddress } from '../src/address.ts'
import { parseIdArgument, shortId } from '../src/message-id.ts'
import { awaitedText } from '../src/publish.ts'
import { table } from '../src/table.ts'
import { version } from '../src/version.ts'

test('an address is shown as host and port', () => {
  const peer = '/p2p/12D3KooWJ4rN5nAj9vfxPLSuXjbvuPniWh7hzTD46CXJ6VogExYx'
  expect(hostPort(`/ip4/192.168.1.5/tcp/41873${peer}`)).toBe('192.168.1.5:41873')
  expect(hostPort('/ip6/::1/tcp/80')).toBe('[::1]:80')
  expect(hostPort('/dns4/example.org/tcp/443')).toBe('example.org:443')
  expect(hostPort(`/memory/7${peer}`)).toBe('/memory/7')
})

test('the address to show is one that others can reach, where there is one', () => {
  const loopback = '/ip4/127.0.0.1/tcp/1'
  expect(mainAddress([loopback, '/ip6/fd00::2/tcp/1', '/ip4/192.168.1.5/tcp/1'])).toBe('192.168.1.5:1')
  expect(mainAddress([loopback, '/ip6/::1/tcp/1'])).toBe('127.0.0.1:1')
  expect(mainAddress([])).toBeUndefined()
})

test('what a publish waits for is said in words', () => {
  expect(awaitedText('chat', {})).toBeUndefined()
  expect(awaitedText('chat', { waitPeers: 1 })).toBe('1 peer subscribes to chat')
  expect(awaitedText('chat', { waitPeers: 2, receipt: 3 })).toBe(
    '2 peers subscribe to chat, and 3 peers have signed that it is stored',
  )
  expect(awaitedText('chat', { receipt: ['bob'] })).toBe('bob has signed that it is stored')
})

test('a message id is named whole, by a prefix or in its short form', () => {
  const id = `3fa9c1${'0'.repeat(54)}e07a`
  expect(shortId(id)).toBe('3fa9c1…e07a')
  expect(shortId('c0ffee')).toBe('c0ffee')
  expect(parseIdArgument(id)).toEqual({ prefix: id, end: '' })
  expect(parseIdArgument('3FA9C1')).toEqual({ prefix: '3fa9c1', end: '' })
  expect(parseIdArgument('3fa9c1…e07a')).toEqual({ prefix: '3fa9c1', end: 'e07a' })
  expect(parseIdArgument('3fa9c1..e07a')).toEqual({ prefix: '3fa9c1', end: 'e07a' })
  expect(parseIdArgument('0x3fa9c1')).toEqual({ prefix: '3fa9c1', end: '' })
  for (const text of ['', 'z', '0x', '3', 'hello', '…e07a', 'f'.repeat(65)])
    expect(parseIdArgument(text)).toBeUndefined()
})

test('columns are aligned, whatever their colours', () => {
  expect(
    table([
      ['a', '\x1b[1mbb\x1b[0m', 'c'],
      ['long', 'b', ''],
    ]),
  ).toEqual(['a     \x1b[1mbb\x1b[0m  c', 'long  b'])
})

test('the version is that of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  expect(version).toBe(manifest.version)
})
