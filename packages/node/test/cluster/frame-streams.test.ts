import { keyFromPeerId, keyOf } from '@grapevine/protocol'
import { encodeStateFrame, entryOf } from '@grapevine/protocol/state'
import { identify } from '@libp2p/identify'
import type { Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { describe, expect, onTestFinished, test } from 'vitest'
import { prefixed } from '../../src/cluster/frame-reader.ts'
import { FrameStreams } from '../../src/cluster/frame-streams.ts'
import type { Node } from '../../src/node.ts'
import { startNode, until } from '../test-network.ts'

const protocol = '/grapevine/state/1'
const bounds = { frameBytesMax: 98_304, burstBytes: 1 << 20, bytesPerSecond: 1 << 20, waitingBytesMax: 512 << 10 }

async function startStranger(): Promise<Libp2p> {
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  })
  onTestFinished(() => libp2p.stop())
  return libp2p
}

/** Opens a stream of frames to a node, as a stranger that says what it likes. */
async function speakTo(node: Node): Promise<{ stranger: Libp2p; stream: Stream; isOpen: () => boolean }> {
  const stranger = await startStranger()
  const connection = await stranger.dial(multiaddr(node.addresses()[0]))
  const stream = await connection.newStream(protocol)
  return { stranger, stream, isOpen: () => stranger.getConnections().length > 0 }
}

/** Until the other side ends the stream. */
async function say(stream: Stream, frames: Iterable<Uint8Array>): Promise<void> {
  try {
    for (const frame of frames) if (!stream.send(prefixed(frame))) await stream.onDrain()
  } catch {
    // It did.
  }
}

function textOf(on: Node, of: Node, key: string): string | undefined {
  const value = entryOf(on.cluster!.replica.stateOf(keyFromPeerId(of.peerId)!), key)?.value
  return value && Buffer.from(value).toString()
}

function* times(count: number, frame: (at: number) => Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < count; at++) yield frame(at)
}

describe('a peer that', () => {
  test('sends garbage is shut out, and others are served on', async () => {
    const node = await startNode()
    const honest = await startNode({ ticket: node.ticket() })
    const { stream, isOpen } = await speakTo(node)
    await say(
      stream,
      times(100, (at) => new Uint8Array(50).fill(at)),
    )
    await until(isOpen, (open) => !open)
    await node.state.set('role', 'relay')
    await until(
      () => textOf(honest, node, 'u:role'),
      (role) => role === 'relay',
      60_000,
    )
  })

  test('announces a frame that is too long is cut off before it is kept, and shut out if it goes on', async () => {
    const node = await startNode()
    const { stranger, stream, isOpen } = await speakTo(node)
    stream.send(Uint8Array.of(0xff, 0xff, 0x7f))
    await until(
      () => stream.status,
      (status) => status !== 'open',
    )
    for (let count = 0; count < 100 && isOpen(); count++) {
      const again = await stranger
        .getConnections()[0]!
        .newStream(protocol)
        .catch(() => undefined)
      if (again?.writeStatus === 'writable') again.send(Uint8Array.of(0xff, 0xff, 0x7f))
    }
    await until(isOpen, (open) => !open)
  })

  test('floods a node with what is well-formed is read no faster than allowed, and keeps it from nothing', async () => {
    const node = await startNode()
    const honest = await startNode({ ticket: node.ticket() })
    const { stream } = await speakTo(node)
    const marks = Array.from({ length: 512 }, (_, at) => ({
      id: keyOf(new Uint8Array(16).fill(at >> 8).fill(at & 0xff, 1)),
      epoch: 0,
      version: 0,
      tag: 0,
    }))
    const opening = {
      type: 'exchange',
      step: 1,
      split: 0,
      fingerprints: new Uint32Array(0),
      covered: [],
      deltas: [],
    } as const
    const flood = say(
      stream,
      times(4_000, (at) => encodeStateFrame({ ...opening, exchange: at + 1, marks })),
    )
    const beats = Array.from({ length: 10 }, (_, at) => node.state.set('turn', String(at)))
    await Promise.all(beats)
    await until(
      () => textOf(honest, node, 'u:turn'),
      (turn) => turn === '9',
      60_000,
    )
    // 64 MB are not through yet: a quarter of a minute is what they take at least.
    expect(stream.writableNeedsDrain).toBe(true)
    stream.abort(new Error('enough'))
    await flood
  })

  test('goes away in the middle of a frame leaves nothing behind', async () => {
    const node = await startNode()
    const { stranger, stream } = await speakTo(node)
    stream.send(Uint8Array.of(0x80, 0x80, 0x05, 1, 2, 3))
    await stranger.stop()
    await until(
      () => node.peers().length,
      (count) => count === 0,
    )
    expect(node.members.list()).toMatchObject([{ self: true }])
  })
})

test('a peer that connected before the node could say what it speaks is talked to once it says something', async () => {
  const node = await startNode()
  const { stranger, stream } = await speakTo(node)
  const opening = Promise.withResolvers<void>()
  await stranger.handle(protocol, (inbound) => inbound.addEventListener('message', () => opening.resolve()))
  expect(node.cluster!.isLinked(stranger.peerId.toString())).toBe(false)
  await say(stream, [encodeStateFrame({ type: 'beat', epoch: 1, count: 1 })])
  await opening.promise
})

test('of what a peer does not read little is kept, and the rest is lost', async () => {
  const [one, other] = [await startStranger(), await startStranger()]
  let inbound: Stream | undefined
  let bytesRead = 0
  await other.handle(protocol, (stream) => {
    inbound = stream
    stream.pause()
    stream.addEventListener('message', ({ data }) => (bytesRead += data.byteLength))
  })
  const streams = new FrameStreams({
    ...bounds,
    libp2p: one,
    protocol,
    onFrame: () => undefined,
    onOversize: () => undefined,
  })
  await streams.start()
  onTestFinished(() => streams.stop())
  const peer = other.peerId.toString()
  expect(streams.send(peer, new Uint8Array(10))).toBe(false)
  await one.dial(other.getMultiaddrs())
  for (let count = 0; count < 1_000; count++) {
    expect(streams.send(peer, new Uint8Array(65_536))).toBe(true)
    if (count % 100 === 0) await until(() => inbound, Boolean)
  }
  inbound!.resume()
  // What comes once there is room again gets through.
  await until(
    () => {
      streams.send(peer, new Uint8Array(90_001))
      return bytesRead
    },
    (bytes) => bytes > 90_000,
  )
  expect(bytesRead).toBeLessThan(8 << 20)
})
