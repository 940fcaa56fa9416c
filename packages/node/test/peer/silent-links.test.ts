import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Gossip } from '../../src/gossip/gossip.ts'
import { readIdentity } from '../../src/home/identity.ts'
import { initHome } from '../../src/home/index.ts'
import { createHost, type Host } from '../../src/libp2p-host.ts'
import { BlockList } from '../../src/peer/block-list.ts'
import { SilentLinks } from '../../src/peer/silent-links.ts'
import { startNode, until } from '../test-network.ts'

async function startHost(): Promise<Host> {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  await initHome(home)
  const nothing = (): void => undefined
  const gossip = new Gossip({
    onMessage: nothing,
    onCopy: nothing,
    onSent: nothing,
    onSubscribed: nothing,
    onGrafted: nothing,
    onRepair: nothing,
  })
  const host = await createHost({ identity: readIdentity(home)!, listen: [], gossip, blocks: new BlockList() })
  onTestFinished(async () => {
    gossip.stop()
    await host.libp2p.stop()
  })
  return host
}

/** Stands before a port, and can let the connections that it has fall silent without an end, as a partition does. */
async function startMiddle(port: number): Promise<{ readonly port: number; silence: () => void }> {
  const pairs: [Socket, Socket][] = []
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    near.on('error', () => undefined).pipe(far)
    far.on('error', () => undefined).pipe(near)
    pairs.push([near, far])
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of pairs.flat()) socket.destroy()
  })
  const silence = (): void => {
    for (const [near, far] of pairs.splice(0)) {
      near.unpipe(far)
      far.unpipe(near)
      near.resume()
      far.resume()
    }
  }
  return { port: (server.address() as AddressInfo).port, silence }
}

async function startPair() {
  const node = await startNode()
  const port = Number(/\/tcp\/(\d+)/.exec(node.addresses()[0]!)![1])
  const middle = await startMiddle(port)
  const { libp2p, dial } = await startHost()
  const address = `/ip4/127.0.0.1/tcp/${middle.port}/p2p/${node.peerId}`
  return { libp2p, middle, dial: () => dial(address, AbortSignal.timeout(20_000)) }
}

test('a connection that falls silent is replaced by a new one', async () => {
  const { libp2p, middle, dial } = await startPair()
  const bounds = { checkMs: 20, pingMs: 50, redialMs: 300, goneMs: 60_000 }
  const links = new SilentLinks({ libp2p, redial: dial, bounds })
  onTestFinished(() => links.stop())
  const first = await dial()
  middle.silence()
  await until(
    () => first.status,
    (status) => status === 'aborted',
    20_000,
  )
  expect(libp2p.getConnections().map(({ status }) => status)).toEqual(['open'])
})

test('a connection that is silent while nobody answers ends after a while', async () => {
  const { libp2p, middle, dial } = await startPair()
  const bounds = { checkMs: 20, pingMs: 50, redialMs: 100, goneMs: 500 }
  const links = new SilentLinks({ libp2p, redial: () => Promise.reject(new Error('no answer')), bounds })
  onTestFinished(() => links.stop())
  const first = await dial()
  middle.silence()
  await until(
    () => first.status,
    (status) => status === 'aborted',
    20_000,
  )
  expect(libp2p.getConnections()).toEqual([])
})

test('a connection over which pings are answered stays, and is watched by all bytes that come over it', async () => {
  const { libp2p, dial } = await startPair()
  let redials = 0
  const redial = (): Promise<never> => Promise.reject(new Error(String(++redials)))
  const links = new SilentLinks({
    libp2p,
    redial,
    bounds: { checkMs: 10, pingMs: 20, redialMs: 20_000, goneMs: 60_000 },
  })
  onTestFinished(() => links.stop())
  const first = await dial()
  const { maConn } = first as unknown as { readonly maConn: EventTarget }
  let messages = 0
  maConn.addEventListener('message', () => messages++)
  await until(
    () => messages,
    (count) => count >= 20,
    20_000,
  )
  expect([first.status, redials]).toEqual(['open', 0])
})
