import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { expect, onTestFinished, test } from 'vitest'
import { createNode, type NodeOptions } from '../../src/create-node.ts'
import type { Node } from '../../src/node.ts'
import { startNode, until } from '../test-network.ts'

/** A folder whose nodes the test starts and stops itself. */
function folder(): string {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** A node that may be started again in the same home, on the same port. */
async function live(home: string, options: Partial<NodeOptions> = {}): Promise<Node> {
  const node = await createNode({ home, control: false, ...options })
  onTestFinished(() => node.stop())
  return node
}

const loopback = ['/ip4/127.0.0.1/tcp/0']
const fixed = (node: Node): string[] => node.addresses().map((address) => address.replace(/\/p2p\/.*$/, ''))
const stateOf = (node: Node, peerId: string): string | undefined =>
  node.peers(true).find((peer) => peer.peerId === peerId)?.state
const isConnected = (node: Node, other: { peerId: string }) => () => stateOf(node, other.peerId) === 'connected'
/** Resolves once the node has heard the other's addresses and name, by identify. */
const met = async (node: Node, other: Node): Promise<void> => {
  const agentOf = (): string | undefined => node.peers().find(({ peerId }) => peerId === other.peerId)?.agent
  await until(agentOf, (agent) => agent !== undefined)
}

test('a bootstrap peer that restarts on its port is found again', async () => {
  const homeA = folder()
  let a = await live(homeA, { network: 'test', listen: loopback })
  const listen = fixed(a)
  const b = await startNode({ ticket: a.ticket() })
  await until(isConnected(b, a), Boolean)
  await a.stop()
  await until(
    () => stateOf(b, a.peerId),
    (state) => state === 'waiting',
  )
  a = await live(homeA, { listen })
  await until(isConnected(b, a), Boolean)
  expect(b.peering.show(a.peerId)).toMatchObject({ origin: 'bootstrap', direction: 'outbound' })
})

// Stock libp2p dials a bootstrap peer once (research/libp2p.md §0, row 13): this and the one above would wait for ever.
test('a bootstrap peer that is down at the start is found once it is up', async () => {
  const homeA = folder()
  let a = await live(homeA, { network: 'test', listen: loopback })
  const listen = fixed(a)
  const ticket = a.ticket()
  await a.stop()
  const b = await startNode({ ticket })
  const refused = await until(
    () => b.peers(true)[0],
    (peer) => peer?.lastError !== undefined,
  )
  expect(refused).toMatchObject({
    peerId: a.peerId,
    state: 'waiting',
    lastError: 'refused',
    nextDial: expect.any(String),
  })
  a = await live(homeA, { listen })
  await until(isConnected(b, a), Boolean)
})

test('peers that met find each other after a restart although the bootstrap peer is gone for good', async () => {
  const a = await startNode()
  const homes = [folder(), folder()] as const
  const [b, c] = await Promise.all(homes.map((home) => live(home, { ticket: a.ticket(), listen: loopback })))
  await c!.peering.connect(b!.addresses()[0]!)
  await Promise.all([met(b!, c!), met(c!, b!)])
  const ports = [fixed(b!), fixed(c!)] as const
  await Promise.all([a.stop(), b!.stop(), c!.stop()])
  const again = await Promise.all(homes.map((home, index) => live(home, { listen: ports[index]! })))
  await until(isConnected(again[0]!, again[1]!), Boolean)
  expect(again[0]!.peering.show(c!.peerId).origin).toBe('learned')
})

test('a peer with seven dead addresses before the good one is connected within seconds', async () => {
  const a = await startNode()
  const b = await startNode({ ticket: a.ticket(), network: 'other' })
  await until(isConnected(b, a), Boolean)
  await b.peering.disconnect(a.peerId)
  b.peering.remove(a.peerId)
  const silent = await Promise.all(Array.from({ length: 7 }, silentServer))
  for (const port of silent) await b.peering.add(`/ip4/127.0.0.1/tcp/${port}/p2p/${a.peerId}`)
  const start = performance.now()
  await b.peering.add(a.addresses()[0]!)
  await until(isConnected(b, a), Boolean)
  expect(performance.now() - start).toBeLessThan(4_000)
})

test('a connection outlives the time that its dial may take', async () => {
  const a = await startNode()
  const b = await startNode({ network: 'other' })
  // Node ends a socket when the signal that it was opened with fires.
  await b.peering.connect(a.addresses()[0]!, { timeoutMs: 1_000 })
  const [first] = b.peers()
  const start = performance.now()
  await until(
    () => performance.now() - start,
    (ms) => ms > 1_100,
  )
  expect(b.peers()).toMatchObject([{ peerId: a.peerId, since: first!.since }])
})

test('a blocked peer gets no connection in either direction, also after a restart', async () => {
  const homeA = folder()
  let a = await live(homeA, { network: 'test', listen: loopback })
  const listen = fixed(a)
  const b = await startNode({ ticket: a.ticket() })
  await until(isConnected(a, b), Boolean)
  expect(a.peering.block(`…${b.peerId.slice(-6)}`)).toEqual({ target: b.peerId, closed: 1 })
  expect(a.peers()).toEqual([])
  await until(
    () => b.peering.show(a.peerId).lastError,
    (error) => error !== undefined,
  )
  await expect(a.peering.connect(b.addresses()[0]!)).rejects.toMatchObject({ code: 'blocked' })
  await expect(a.peering.connect(b.addresses()[0]!.replace(/\/p2p\/.*$/, ''))).rejects.toMatchObject({
    code: 'unreachable',
  })
  await a.stop()
  a = await live(homeA, { listen })
  expect(a.peering.show(b.peerId).state).toBe('blocked')
  // It dials and is let in by nobody: identify never comes through.
  await b.peering.connect(a.peerId).catch(() => undefined)
  await until(
    () => stateOf(b, a.peerId),
    (state) => state !== 'connected',
  )
  expect(a.peers()).toEqual([])
  a.peering.allow([b.peerId])
  await until(isConnected(a, b), Boolean)
})

test('a blocked range ends its connections and lets in nobody from there', async () => {
  const a = await startNode()
  const b = await startNode({ ticket: a.ticket() })
  await until(isConnected(a, b), Boolean)
  expect(a.peering.block('127.0.0.0/8').closed).toBeGreaterThan(0)
  await expect(a.peering.connect(b.addresses()[0]!)).rejects.toMatchObject({ code: 'unreachable' })
  await expect(b.peering.connect(a.addresses()[0]!)).rejects.toMatchObject({ code: 'unreachable' })
  a.peering.allow(['127.0.0.0/8'])
  await until(isConnected(a, b), Boolean)
})

test('with an allow list nobody else gets in', async () => {
  const a = await startNode()
  const [b, c] = await Promise.all([startNode({ ticket: a.ticket() }), startNode({ ticket: a.ticket() })])
  await until(
    () => a.peers().length,
    (count) => count === 2,
  )
  a.peering.allow([b.peerId], true)
  expect(a.peers().map(({ peerId }) => peerId)).toEqual([b.peerId])
  await c.peering.connect(a.peerId).catch(() => undefined)
  await until(
    () => stateOf(c, a.peerId),
    (state) => state !== 'connected',
  )
  expect(a.peers()).toHaveLength(1)
  a.peering.allowAll()
  await until(isConnected(a, c), Boolean)
})

test('only Ed25519 identities are let in or dialled', async () => {
  const a = await startNode()
  const stranger = await createLibp2p({
    privateKey: await generateKeyPair('RSA', 2048),
    addresses: { listen: loopback },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  })
  onTestFinished(() => stranger.stop())
  await stranger.dial(multiaddr(a.addresses()[0])).catch(() => undefined)
  await until(
    () => stranger.getConnections().length,
    (count) => count === 0,
  )
  expect(a.peers(true)).toEqual([])
  const [address] = stranger.getMultiaddrs().map(String)
  await expect(a.peering.connect(address!)).rejects.toMatchObject({ code: 'usage' })
  await expect(a.peering.connect(address!.replace(/\/p2p\/.*$/, ''))).rejects.toMatchObject({ code: 'unreachable' })
  expect(a.peers(true)).toEqual([])
})

test('a peer that is disconnected stays so until it is connected again, and one that is removed is forgotten', async () => {
  const a = await startNode({ name: 'laptop' })
  const homeB = folder()
  const b = await live(homeB, { ticket: a.ticket(), listen: loopback })
  await until(isConnected(b, a), Boolean)
  await Promise.all([met(a, b), met(b, a)])
  // It does not know the address of b, so that nobody but b can dial.
  a.peering.remove(b.peerId)
  expect(await b.peering.disconnect('laptop')).toEqual({ peerId: a.peerId, closed: 1 })
  expect(stateOf(b, a.peerId)).toBe('paused')
  expect(await b.peering.connect(a.peerId)).toMatchObject({ state: 'connected' })
  await until(
    () => b.peers()[0]?.name,
    (name) => name === 'laptop',
  )
  expect((await b.peering.ping('laptop')).ms).toBeGreaterThan(0)
  expect(b.peering.remove('laptop')).toEqual({ peerId: a.peerId })
  await b.peering.disconnect(a.peerId)
  expect(b.peers(true)).toEqual([])
  expect(JSON.parse(readFileSync(join(homeB, 'peers.json'), 'utf8'))).toMatchObject({ peers: [] })
  expect(JSON.parse(readFileSync(join(homeB, 'network.json'), 'utf8'))).toMatchObject({ bootstrap: [] })
})

test('an address that is none, or has no peer id, or is our own, is refused', async () => {
  const a = await startNode()
  for (const wrong of [
    '127.0.0.1:80',
    '/ip4/127.0.0.1/udp/1',
    '/ip4/0.0.0.0/tcp/1',
    '/ip4/127.0.0.1/tcp/1',
    a.addresses()[0]!,
  ]) {
    await expect(a.peering.add(wrong)).rejects.toMatchObject({ code: 'usage' })
  }
  for (const wrong of ['/unix/x', a.addresses()[0]!])
    await expect(a.peering.connect(wrong)).rejects.toMatchObject({ code: 'usage' })
  await expect(a.peering.connect('nobody')).rejects.toMatchObject({ code: 'not-found' })
  expect(() => a.peering.block(a.peerId)).toThrow(expect.objectContaining({ code: 'usage' }))
  expect(() => a.peering.allow(['192.0.2.1'])).toThrow(expect.objectContaining({ code: 'not-found' }))
})

/** A port that takes connections and says nothing, like an address that swallows packets. */
async function silentServer(): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}
