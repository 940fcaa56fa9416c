import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { KnownPeer } from '../../src/peer/address-book.ts'
import { Allowance } from '../../src/probe/allowance.ts'
import { Prober } from '../../src/probe/prober.ts'

/** Something that takes connections and says nothing, and how many it took. */
async function listen(): Promise<{ readonly address: string; readonly taken: () => number; close(): Promise<void> }> {
  let taken = 0
  const server = createServer((socket) => {
    taken++
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => void (await new Promise((resolve) => server.close(resolve)))
  onTestFinished(() => void server.close())
  return { address: `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`, taken: () => taken, close }
}

function proberOf(addresses: readonly string[]): Prober {
  const known = (peerId: string): KnownPeer => ({
    peerId,
    origin: 'added',
    seen: 0,
    addresses: addresses.map((address) => ({ address, since: 0, failures: 0 })),
  })
  const prober = new Prober({
    keeper: {
      dialable: (peer) => (peer === 'stranger' ? undefined : known(peer)),
      connections: () => [],
      connect: () => Promise.reject(Object.assign(new Error('another key'), { name: 'EncryptionFailedError' })),
    },
    meet: () => undefined,
  })
  onTestFinished(() => prober.stop())
  return prober
}

test('a probe says whether connections are taken or refused, and that somebody else took one', async () => {
  const server = await listen()
  expect(await proberOf([server.address]).probe('a')).toEqual({ link: 'none', door: 'other' })
  await server.close()
  expect(await proberOf([server.address]).probe('a')).toEqual({ link: 'none', door: 'refused' })
  expect(await proberOf([]).probe('a')).toEqual({ link: 'none', door: 'untried' })
  expect(await proberOf([server.address]).probe('stranger')).toEqual({ link: 'none', door: 'untried' })
})

test('a member is tried once, however many ask at a time, and at few of its addresses', async () => {
  const servers = await Promise.all(Array.from({ length: 6 }, listen))
  const prober = proberOf(servers.map(({ address }) => address))
  const found = await Promise.all(Array.from({ length: 50 }, () => prober.probe('a')))
  expect(new Set(found.map(({ door }) => door))).toEqual(new Set(['other']))
  expect(servers.reduce((sum, { taken }) => sum + taken(), 0)).toBeLessThanOrEqual(3)
})

test('who asks again is told what is so then, not what was so a moment ago', async () => {
  const server = await listen()
  const prober = proberOf([server.address])
  expect(await prober.probe('a')).toEqual({ link: 'none', door: 'other' })
  await server.close()
  const [one, other] = [prober.probe('a'), prober.probe('a')]
  expect(one).toBe(other)
  expect(await one).toEqual({ link: 'none', door: 'refused' })
})

test('who asks for too much at once is told so', async () => {
  const prober = proberOf([(await listen()).address])
  const found = await Promise.all(Array.from({ length: 400 }, (_, index) => prober.probe(`peer ${index}`)))
  expect(found.filter(({ link }) => link === 'busy').length).toBe(400 - 256)
})

test('an asker has some in a row, then so many a second', () => {
  const allowance = new Allowance({ most: 4, perSecond: 2, askersMax: 2 })
  const take = (asker: string, times: number, now: number): number =>
    Array.from({ length: times }, () => allowance.take(asker, now)).filter(Boolean).length
  expect(take('a', 10, 0)).toBe(4)
  expect(take('b', 10, 0)).toBe(4)
  expect(take('a', 10, 1000)).toBe(2)
  expect(take('a', 10, 60_000)).toBe(4)
  // A third one takes the place of the one that is not heard for longest.
  expect(take('c', 1, 60_000)).toBe(1)
  expect(take('b', 10, 60_000)).toBe(4)
})
