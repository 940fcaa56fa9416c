import * as fc from 'fast-check'
import { base32nopad } from '@scure/base'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../src/bytes.ts'
import { ProtocolError } from '../src/error.ts'
import { sha256 } from '../src/id.ts'
import { formatIp6, parseIp6 } from '../src/ip.ts'
import { peerIdFromKey } from '../src/peer-id.ts'
import { decodeTicket, encodeTicket, type Ticket } from '../src/ticket.ts'
import { ticketArbitrary } from './arbitrary.ts'

const networkId = new Uint8Array(32).fill(3)
const peer = peerIdFromKey(new Uint8Array(32).fill(1))
const other = peerIdFromKey(new Uint8Array(32).fill(2))
const plain: Ticket = {
  name: 'demo',
  networkId,
  dialect: 'grapevine',
  addresses: [`/ip4/192.168.1.5/tcp/41873/p2p/${peer}`],
}
const secret: Ticket = { ...plain, preSharedKey: new Uint8Array(32).fill(9) }

/** An IPv6 host in the one form in which it comes back. */
function canonical(address: string): string {
  return address.replace(/^\/ip6\/([^/]+)/, (_, host: string) => `/ip6/${formatIp6(parseIp6(host)!)}`)
}

function codeOf(text: string): string {
  try {
    decodeTicket(text)
    return 'accepted'
  } catch (error) {
    return error instanceof ProtocolError ? error.code : String(error)
  }
}

/** A ticket with a right checksum around any payload. */
function seal(prefix: string, ...payload: Uint8Array[]): string {
  const bytes = concatBytes(...payload)
  const sum = sha256(concatBytes(Buffer.from(prefix), bytes)).subarray(0, 4)
  return prefix + base32nopad.encode(concatBytes(bytes, sum)).toLowerCase()
}

describe('round trip', () => {
  test('a ticket comes back, IPv6 hosts in canonical form, in either case of letters', () => {
    fc.assert(
      fc.property(ticketArbitrary, (ticket) => {
        const text = encodeTicket(ticket)
        const expected = { ...ticket, addresses: ticket.addresses.map(canonical) }
        expect(text).toMatch(ticket.preSharedKey === undefined ? /^gv1[a-z2-7]+$/ : /^gvs1[a-z2-7]+$/)
        expect(decodeTicket(text)).toEqual(expected)
        expect(decodeTicket(text.toUpperCase())).toEqual(expected)
        expect(encodeTicket(expected)).toBe(text)
      }),
    )
  })

  test('interleaved peers keep the order of the addresses, and a further address of a peer costs 9 bytes', () => {
    const addresses = [1, 2, 3].flatMap((port) => [
      `/ip4/10.0.0.1/tcp/${port}/p2p/${peer}`,
      `/dns4/a.example/tcp/${port}/p2p/${other}`,
    ])
    expect(decodeTicket(encodeTicket({ ...plain, addresses })).addresses).toEqual(addresses)
    const more = [...plain.addresses, `/ip4/10.0.0.1/tcp/1/p2p/${peer}`]
    const growth = encodeTicket({ ...plain, addresses: more }).length - encodeTicket(plain).length
    expect(growth).toBeLessThanOrEqual(Math.ceil((9 * 8) / 5))
  })

  test('a ticket without addresses is a ticket', () => {
    expect(decodeTicket(encodeTicket({ ...plain, addresses: [] })).addresses).toEqual([])
  })
})

describe('damage', () => {
  test.each([plain, secret])('every changed character, swap, cut, doubling and deletion is noticed', (ticket) => {
    const text = encodeTicket(ticket)
    const characters = ' -=.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\u0131\u212a'
    for (let i = 0; i < text.length; i++) {
      const head = text.slice(0, i)
      for (const character of characters) {
        if (character !== text[i]) expect(codeOf(head + character + text.slice(i + 1))).toMatch(/^ticket-/)
      }
      expect(codeOf(head)).toMatch(/^ticket-/)
      if (i > 0) expect(codeOf(text.slice(i))).toMatch(/^ticket-/)
      expect(codeOf(head + text.slice(i + 1))).toMatch(/^ticket-/)
      expect(codeOf(head + text[i] + text.slice(i))).toMatch(/^ticket-/)
      const swapped = head + (text[i + 1] ?? '') + text[i] + text.slice(i + 2)
      if (swapped !== text) expect(codeOf(swapped)).toMatch(/^ticket-/)
    }
  })

  test('a swap of any two characters is noticed', () => {
    const text = encodeTicket(secret)
    const index = fc.nat({ max: text.length - 1 })
    fc.assert(
      fc.property(index, index, (a, b) => {
        const characters = text.split('')
        characters[a] = text[b]!
        characters[b] = text[a]!
        if (text[a] !== text[b]) expect(codeOf(characters.join(''))).toMatch(/^ticket-/)
      }),
    )
  })

  test('a ticket does not change its kind with its prefix', () => {
    expect(codeOf(encodeTicket(plain).replace('gv1', 'gvs1'))).toBe('ticket-damaged')
    expect(codeOf(encodeTicket(secret).replace('gvs1', 'gv1'))).toBe('ticket-damaged')
  })

  test('any text gives a coded error', () => {
    const ticketLike = fc.stringMatching(/^gvs?1[a-z2-7]*$/)
    fc.assert(
      fc.property(fc.oneof(fc.string(), ticketLike), (text) => {
        expect(codeOf(text)).toMatch(/^ticket-/)
      }),
    )
  })

  test.each([
    ['', 'ticket-format'],
    ['gv', 'ticket-format'],
    ['hello', 'ticket-format'],
    ['gv1', 'ticket-damaged'],
    ['gv1bad', 'ticket-damaged'],
    ['gv2abcdefg', 'ticket-version'],
    ['GVS7ABCDEFG', 'ticket-version'],
    [' gv1abc', 'ticket-format'],
    ['gv1abc def', 'ticket-format'],
    ['gv1abc\n', 'ticket-format'],
    ['gv1abc89', 'ticket-format'],
    [`gv1${'a'.repeat(1_000_000)}`, 'ticket-format'],
  ])('%.12j is %s', (text, code) => {
    expect(codeOf(text)).toBe(code)
  })
})

describe('a right checksum over a wrong payload', () => {
  const name = concatBytes(Uint8Array.of(0x0a, 4), Buffer.from('demo'))
  const network = concatBytes(Uint8Array.of(0x12, 32), networkId)
  const key = (byte: number): Uint8Array => concatBytes(Uint8Array.of(0x22, 32), new Uint8Array(32).fill(byte))
  const address = (...bytes: number[]): Uint8Array => Uint8Array.of(0x2a, bytes.length, ...bytes)
  const psk = concatBytes(Uint8Array.of(0x32, 32), new Uint8Array(32))
  const ip4 = address(0x00, 0, 80, 127, 0, 0, 1)

  test('the hand-made payload is otherwise right', () => {
    expect(codeOf(seal('gv1', name, network, key(1), ip4))).toBe('accepted')
    expect(codeOf(seal('gvs1', name, network, psk))).toBe('accepted')
  })

  test.each<[string, string, Uint8Array[]]>([
    ['no name', 'gv1', [network]],
    ['a name with a space', 'gv1', [Uint8Array.of(0x0a, 1, 0x20), network]],
    ['a name that is no UTF-8', 'gv1', [Uint8Array.of(0x0a, 1, 0xff), network]],
    ['no network id', 'gv1', [name]],
    ['an unknown dialect', 'gv1', [name, network, Uint8Array.of(0x18, 2)]],
    ['the default dialect spelt out', 'gv1', [name, network, Uint8Array.of(0x18, 0)]],
    ['an unused peer', 'gv1', [name, network, key(1), key(2), ip4]],
    ['a peer twice', 'gv1', [name, network, key(1), key(1), ip4, address(0x01, 0, 80, 127, 0, 0, 1)]],
    ['peers out of order', 'gv1', [name, network, key(1), key(2), address(0x01, 0, 80, 127, 0, 0, 1), ip4]],
    ['an address without its peer', 'gv1', [name, network, ip4]],
    ['port 0', 'gv1', [name, network, key(1), address(0x00, 0, 0, 127, 0, 0, 1)]],
    ['an IPv4 host of 5 bytes', 'gv1', [name, network, key(1), address(0x00, 0, 80, 1, 2, 3, 4, 5)]],
    ['an IPv6 host of 4 bytes', 'gv1', [name, network, key(1), address(0x10, 0, 80, 1, 2, 3, 4)]],
    ['a domain name with a slash', 'gv1', [name, network, key(1), address(0x20, 0, 80, 0x2f, 0x61)]],
    ['an unknown kind of host', 'gv1', [name, network, key(1), address(0x50, 0, 80, 0x61)]],
    ['nine addresses', 'gv1', [name, network, key(1), ...Array.from({ length: 9 }, () => ip4)]],
    ['a pre-shared key in a public ticket', 'gv1', [name, network, psk]],
    ['no pre-shared key in a secret ticket', 'gvs1', [name, network]],
    ['an unknown field', 'gv1', [name, network, Uint8Array.of(0x38, 1)]],
  ])('with %s is refused', (_, prefix, payload) => {
    expect(codeOf(seal(prefix, ...payload))).toBe('ticket-format')
  })
})

describe('the caller is wrong', () => {
  test.each<[string, object]>([
    ['name', { name: '' }],
    ['name', { name: 'a b' }],
    ['name', { name: 'x'.repeat(65) }],
    ['networkId', { networkId: new Uint8Array(31) }],
    ['dialect', { dialect: 'other' }],
    ['addresses', { addresses: Array.from({ length: 9 }, () => plain.addresses[0]) }],
    ['preSharedKey', { preSharedKey: new Uint8Array(31) }],
    ...[
      '',
      '/ip4/1.2.3.4/tcp/1',
      `/ip4/1.2.3/tcp/1/p2p/${peer}`,
      `/ip4/01.2.3.4/tcp/1/p2p/${peer}`,
      `/ip4/1.2.3.256/tcp/1/p2p/${peer}`,
      `/ip6/1::2::3/tcp/1/p2p/${peer}`,
      `/ip6/fe80::1%eth0/tcp/1/p2p/${peer}`,
      `/ip4/1.2.3.4/tcp/0/p2p/${peer}`,
      `/ip4/1.2.3.4/tcp/65536/p2p/${peer}`,
      `/ip4/1.2.3.4/tcp/+1/p2p/${peer}`,
      `/ip4/1.2.3.4/udp/1/p2p/${peer}`,
      `/ip4/1.2.3.4/tcp/1/p2p/${peer}/`,
      `/ip4/1.2.3.4/tcp/1/p2p/${peer.slice(1)}`,
      `/dns4/a..b/tcp/1/p2p/${peer}`,
      `/dns4//tcp/1/p2p/${peer}`,
      `/dnsaddr/a/tcp/1/p2p/${peer}`,
    ].map((address): [string, object] => ['addresses', { addresses: [address] }]),
  ])('encodeTicket names a bad %s: %j', (name, change) => {
    expect(() => encodeTicket({ ...plain, ...change })).toThrow(
      expect.objectContaining({ code: 'argument', details: expect.objectContaining({ name }) }),
    )
  })

  test('an error about the pre-shared key does not show it', () => {
    expect(() => encodeTicket({ ...plain, preSharedKey: new Uint8Array(31).fill(0x61) })).toThrow(/got 31 bytes$/)
  })
})
