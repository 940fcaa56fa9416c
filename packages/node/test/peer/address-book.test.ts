import { expect, test } from 'vitest'
import { AddressBook, bookBounds } from '../../src/peer/address-book.ts'

const day = 86_400_000
const at = (host: string, port = 1): string => `/ip4/${host}/tcp/${port}`
const addressesOf = (book: AddressBook, peerId: string): string[] | undefined =>
  book.get(peerId)?.addresses.map(({ address }) => address)

test('the address that failed least comes first, and of equals the one that worked last', () => {
  const book = new AddressBook()
  book.learn('p', [at('1.1.1.1'), at('2.2.2.2'), at('3.3.3.3')], 10)
  book.failed('p', at('1.1.1.1'), 'refused', 20)
  book.worked('p', at('3.3.3.3'), 30)
  expect(addressesOf(book, 'p')).toEqual([at('3.3.3.3'), at('2.2.2.2'), at('1.1.1.1')])
  expect(book.get('p')?.addresses[2]).toEqual({ address: at('1.1.1.1'), since: 10, failures: 1, lastError: 'refused' })
})

test('addresses that failed alike keep the order in which they came', () => {
  const book = new AddressBook()
  const all = [at('192.168.1.5'), at('10.0.0.5'), at('127.0.0.1'), '/ip6/::1/tcp/1']
  book.learn('p', all, 10)
  for (const address of all) book.failed('p', address, 'refused', 20)
  expect(addressesOf(book, 'p')).toEqual(all)
})

test('an address that fails for a day is dropped, and a learned peer with its last one', () => {
  const book = new AddressBook()
  book.learn('p', [at('1.1.1.1'), at('2.2.2.2')], 0)
  for (let i = 0; i < 8; i++) book.failed('p', at('1.1.1.1'), 'refused', day - 1)
  expect(addressesOf(book, 'p')).toHaveLength(2)
  book.failed('p', at('1.1.1.1'), 'refused', day)
  expect(addressesOf(book, 'p')).toEqual([at('2.2.2.2')])
  for (let i = 0; i < 8; i++) book.failed('p', at('2.2.2.2'), 'refused', day)
  expect(book.get('p')).toBeUndefined()
})

test('a kept peer never loses its last address', () => {
  const book = new AddressBook()
  book.keep('p', at('1.1.1.1'), 'bootstrap', 0)
  for (let i = 0; i < 100; i++) book.failed('p', at('1.1.1.1'), 'refused', 9 * day)
  expect(addressesOf(book, 'p')).toEqual([at('1.1.1.1')])
})

test('what the user adds stays added, and what is kept is not learned', () => {
  const book = new AddressBook()
  book.learn('p', [at('1.1.1.1')], 0)
  book.keep('p', at('1.1.1.1'), 'added', 1)
  book.keep('p', at('2.2.2.2'), 'bootstrap', 2)
  book.learn('p', [at('3.3.3.3')], 3)
  expect(book.get('p')?.origin).toBe('added')
  expect(addressesOf(book, 'p')).toHaveLength(3)
})

test('a peer has at most 8 addresses; new ones take the place of what failed most', () => {
  const book = new AddressBook()
  const hosts = Array.from({ length: 20 }, (_, index) => at(`9.9.9.${index}`))
  book.keep('p', at('1.1.1.1'), 'added', 0)
  book.worked('p', at('1.1.1.1'), 1)
  book.learn('p', hosts, 2)
  book.learn('p', hosts.toReversed(), 3)
  expect(addressesOf(book, 'p')).toHaveLength(bookBounds.addresses)
  expect(addressesOf(book, 'p')![0]).toBe(at('1.1.1.1'))
})

test('512 peers are known at most, and many of one network do not drive out others', () => {
  const book = new AddressBook()
  book.keep('kept', at('1.1.1.1'), 'bootstrap', 0)
  book.learn('honest', [at('2.2.2.2')], 0)
  for (let i = 0; i < 2_000; i++) book.learn(`sybil${i}`, [at(`6.6.6.${i % 256}`, 1 + i)], 1 + i)
  expect(book.list()).toHaveLength(bookBounds.peers)
  expect(book.get('kept')).toBeDefined()
  expect(book.get('honest')).toBeDefined()
  expect(book.get('sybil1999')).toBeDefined()
  expect(book.get('sybil3')).toBeUndefined()
})

test('a book full of kept peers takes no other', () => {
  const book = new AddressBook()
  for (let i = 0; i < bookBounds.peers; i++) expect(book.keep(`p${i}`, at('1.1.1.1'), 'added', 0)).toBe(true)
  expect(book.keep('more', at('1.1.1.1'), 'added', 0)).toBe(false)
  book.learn('more', [at('1.1.1.1')], 0)
  expect(book.get('more')).toBeUndefined()
})
