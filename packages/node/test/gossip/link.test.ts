import { readFileSync, globSync } from 'node:fs'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { peerIdFromKey } from '@grapevine/protocol'
import type { Stream } from '@libp2p/interface'
import { expect, onTestFinished, test } from 'vitest'
import { Gossip } from '../../src/gossip/gossip.ts'
import { createHost } from '../../src/libp2p-host.ts'
import { BlockList } from '../../src/peer/block-list.ts'
import { until } from '../test-network.ts'

const topic = '/gv/1/0000000000000000/link'

/** What a test reaches for inside gossipsub to break a link. */
interface Inner {
  readonly streamsOutbound: ReadonlyMap<string, { readonly rawStream: Stream }>
  readonly streamsInbound: ReadonlyMap<string, { readonly rawStream: Stream }>
  sendRpc(peer: string, rpc: object): boolean
}

/** A host with gossip as a node has it, and nothing above: every message is accepted and kept. */
async function startHost() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url')
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')
  const got: string[] = []
  const gossip = new Gossip({
    onMessage: (_topic, from, id, bytes) => {
      got.push(Buffer.from(bytes).toString('latin1', 0, 32))
      gossip.verdict(id, from, 'accept')
    },
    onCopy: () => undefined,
    onSent: () => undefined,
    onSubscribed: () => undefined,
    onRepair: () => undefined,
    onGrafted: () => undefined,
  })
  const identity = { peerId: peerIdFromKey(key), publicKey: key, seed }
  const { libp2p } = await createHost({ identity, listen: ['/ip4/127.0.0.1/tcp/0'], gossip, blocks: new BlockList() })
  onTestFinished(async () => {
    gossip.stop()
    await libp2p.stop()
  })
  gossip.subscribe(topic)
  return { libp2p, gossip, got, peerId: identity.peerId, inner: libp2p.services['gossip'] as Inner }
}

async function startPair() {
  const [a, b] = [await startHost(), await startHost()]
  await a.libp2p.dial(b.libp2p.getMultiaddrs())
  await until(
    () => a.gossip.subscribers(topic).includes(b.peerId) && b.gossip.subscribers(topic).includes(a.peerId),
    Boolean,
  )
  return { a, b }
}

type Host = Awaited<ReturnType<typeof startHost>>

/** Publishes a new message now and then until one arrives: the link works again. */
async function heals(from: Host, to: Host, label: string): Promise<void> {
  let serial = 0
  const speaker = setInterval(() => void from.gossip.publish(topic, Buffer.from(`${label} ${serial++}`)), 200)
  try {
    await until(() => to.got.some((text) => text.startsWith(label)), Boolean, 15_000)
  } finally {
    clearInterval(speaker)
  }
}

test('a gossip stream that was reset is made anew, in both directions, while the connection stays', async () => {
  const { a, b } = await startPair()
  a.inner.streamsOutbound.get(b.peerId)!.rawStream.abort(new Error('reset by the test'))
  await heals(a, b, 'there')
  await heals(b, a, 'and back')
})

test('a peer that reads our stream no more, and says so by closing its side, gets a new one and what it missed', async () => {
  const { a, b } = await startPair()
  const { rawStream } = b.inner.streamsInbound.get(a.peerId)!
  rawStream.pause()
  await a.gossip.publish(topic, Buffer.from('unread'))
  void rawStream.close()
  await until(() => b.got.includes('unread'), Boolean)
  await heals(a, b, 'there')
  await heals(b, a, 'and back')
})

test('an RPC over the size limit costs a link a few seconds, not its life', async () => {
  const { a, b } = await startPair()
  const data = Buffer.alloc(2 << 20)
  a.inner.sendRpc(b.peerId, { subscriptions: [], messages: [{ topic, data }] })
  // Our own hosts have no keeper here, so a link that is closed to be made anew is dialled by the test.
  a.libp2p.addEventListener(
    'peer:disconnect',
    () => void a.libp2p.dial(b.libp2p.getMultiaddrs()).catch(() => undefined),
  )
  await heals(a, b, 'there')
  await heals(b, a, 'and back')
})

test('a peer that is paused waits with what it has to say, and all of it arrives later', async () => {
  const { a, b } = await startPair()
  b.gossip.pause(a.peerId)
  const count = 400
  const size = 16 << 10
  for (let index = 0; index < count; index++) {
    const data = Buffer.alloc(size)
    data.write(`bulk ${index} `)
    // Past the adapter's own wait for a slow reader.
    a.inner.sendRpc(b.peerId, { subscriptions: [], messages: [{ topic, data }] })
  }
  const stream = a.inner.streamsOutbound.get(b.peerId)!.rawStream
  // What left is in the stream's window, at most 1 MiB; the rest waits here, where the adapter's publish would wait too.
  await until(
    () => stream.writeBufferLength,
    (waiting) => waiting > (count * size) / 2 && waiting < (count - 8) * size,
  )
  expect(b.got.length).toBeLessThan(100)
  expect(stream.status).toBe('open')
  b.gossip.resume(a.peerId)
  await until(
    () => b.got.length,
    (length) => length === count,
  )
})

/** Lets a stream be full: its peer reads nothing, and more waits than the window takes. */
async function clog(from: Host, to: Host): Promise<Stream> {
  to.gossip.pause(from.peerId)
  const { rawStream } = from.inner.streamsOutbound.get(to.peerId)!
  for (let sent = 0; sent < 4 << 20 || !rawStream.writableNeedsDrain; sent += 64 << 10) {
    const data = randomBytes(64 << 10)
    from.inner.sendRpc(to.peerId, { subscriptions: [], messages: [{ topic, data }] })
    await new Promise((resolve) => setImmediate(resolve))
  }
  return rawStream
}

test('a publish waits for a peer that cannot take more, also the second time', async () => {
  const { a, b } = await startPair()
  for (const round of ['first', 'second']) {
    const stream = await clog(a, b)
    const start = performance.now()
    await a.gossip.publish(topic, Buffer.from(`waits ${round}`))
    expect(performance.now() - start).toBeGreaterThan(900)
    b.gossip.resume(a.peerId)
    await until(
      () => stream.writeBufferLength,
      (waiting) => waiting === 0,
    )
  }
})

test('one peer of two that takes nothing does not hold up a publish', async () => {
  const { a, b } = await startPair()
  const c = await startHost()
  await c.libp2p.dial(a.libp2p.getMultiaddrs())
  await until(() => a.gossip.subscribers(topic).includes(c.peerId), Boolean)
  await clog(a, b)
  const start = performance.now()
  for (let count = 0; count < 5; count++) await a.gossip.publish(topic, Buffer.from(`goes on ${count}`))
  expect(performance.now() - start).toBeLessThan(900)
  await until(() => c.got.includes('goes on 4'), Boolean)
})

test('a peer that subscribes again and again costs a few greetings, each within what rust-libp2p takes', async () => {
  const { a, b } = await startPair()
  const greetings: number[] = []
  const send = a.inner.sendRpc.bind(a.inner)
  a.inner.sendRpc = (peer, rpc) => {
    const { ihave = [] } = (rpc as { control?: { ihave?: { messageIDs: readonly unknown[] }[] } }).control ?? {}
    if (ihave.length > 0) greetings.push(ihave.reduce((sum, { messageIDs }) => sum + messageIDs.length, 0))
    return send(peer, rpc)
  }
  for (let serial = 0; serial < 2_500; serial++) await a.gossip.publish(topic, Buffer.from(`said ${serial}`))
  greetings.length = 0
  for (let count = 0; count < 500; count++) {
    b.inner.sendRpc(a.peerId, { subscriptions: [{ subscribe: true, topic }], messages: [] })
  }
  await b.gossip.publish(topic, Buffer.from('after them'))
  await until(() => a.got.includes('after them'), Boolean)
  // One that is due so soon after another comes a little later.
  await until(
    () => greetings.length,
    (count) => count > 0,
  )
  expect(greetings.length).toBeLessThan(10)
  expect(Math.max(...greetings) * 34).toBeLessThan(64_000)
})

test('one muxer is offered, and a slow ping ends no connection', async () => {
  const { libp2p } = await startHost()
  const { components } = libp2p as unknown as {
    components: {
      upgrader: { getStreamMuxers(): Map<string, unknown> }
      connectionMonitor: { abortConnectionOnPingFailure: boolean }
    }
  }
  expect([...components.upgrader.getStreamMuxers().keys()]).toEqual(['/yamux/1.0.0'])
  expect(components.connectionMonitor.abortConnectionOnPingFailure).toBe(false)
})

test('libp2p’s stream middleware, which runs once more at each stream, is not used', () => {
  const sources = globSync('src/**/*.ts', { cwd: new URL('../..', import.meta.url) })
  const users = sources.filter((path) =>
    /\.use\(/.test(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')),
  )
  expect(users).toEqual([])
  expect(sources.length).toBeGreaterThan(50)
})
