import { generateKeyPair } from '@libp2p/crypto/keys'
import type { ComponentLogger, Logger, MessageStream, Stream, StreamMuxerFactory } from '@libp2p/interface'
import { noise, pureJsCrypto } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { describe, expect, test } from 'vitest'
import { drip } from '../../src/gossip/drip.ts'
import { coalescing, isAsExpected } from '../../src/turbo/coalesce.ts'
import { lazyWindows } from '../../src/turbo/lazy-window.ts'
import { noiseCrypto } from '../../src/turbo/noise-crypto.ts'
import { until } from '../test-network.ts'

// The levers reach into exactly pinned versions of libp2p's packages: what they expect there is tested against the real ones.

const silent: Logger = Object.assign(() => undefined, {
  error: () => undefined,
  trace: () => undefined,
  enabled: false,
  newScope: () => silent,
})
const logger: ComponentLogger = { forComponent: () => silent }

const bytesOf = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, index) => index % 251)

/** Everything that a stream brings from now on, in one piece, and in how many it came. */
function collect(stream: MessageStream): { bytes: Buffer; parts: number } {
  const found = { bytes: Buffer.alloc(0), parts: 0 }
  stream.addEventListener('message', ({ data }) => {
    found.bytes = Buffer.concat([found.bytes, data.subarray()])
    found.parts++
  })
  return found
}

describe('noise by libsodium', () => {
  const [key, nonce, data] = [bytesOf(32), bytesOf(12), bytesOf(9)] as const

  test('is in force', () => {
    expect(noiseCrypto).toBeDefined()
  })

  test.each([0, 1, 100, 5_000, 65_519])('seals and opens %d bytes as noise does', (size) => {
    const sealed = noiseCrypto!.chaCha20Poly1305Encrypt(bytesOf(size), nonce, data, key).subarray()
    expect(
      Buffer.from(sealed).equals(pureJsCrypto.chaCha20Poly1305Encrypt(bytesOf(size), nonce, data, key).subarray()),
    ).toBe(true)
    const opened = noiseCrypto!.chaCha20Poly1305Decrypt(sealed, nonce, data, key, sealed.subarray(0, size))
    expect(Buffer.from(opened.subarray()).equals(bytesOf(size))).toBe(true)
  })

  test('refuses what was changed, and what is too short for a tag', () => {
    const sealed = noiseCrypto!.chaCha20Poly1305Encrypt(bytesOf(10), nonce, data, key).subarray()
    const changed = sealed.with(3, sealed[3]! ^ 1)
    expect(() => noiseCrypto!.chaCha20Poly1305Decrypt(changed, nonce, data, key)).toThrow(/verify|tag/)
    expect(() => noiseCrypto!.chaCha20Poly1305Decrypt(bytesOf(15), nonce, data, key)).toThrow(/verify|tag/)
  })
})

describe('coalescing', () => {
  /** Our end, stock noise at the other, and how often ours writes to the connection. */
  async function connect() {
    const [ourConnection, theirConnection] = multiaddrConnectionPair()
    const [ourKey, theirKey] = [await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')]
    const components = (privateKey: typeof ourKey) => ({
      privateKey,
      peerId: peerIdFromPrivateKey(privateKey),
      logger,
      upgrader: { getStreamMuxers: () => new Map() } as never,
    })
    const [ours, theirs] = await Promise.all([
      coalescing(noise(noiseCrypto && { crypto: noiseCrypto }))(components(ourKey)).secureOutbound(ourConnection),
      noise()(components(theirKey)).secureInbound(theirConnection),
    ])
    const writes: number[] = []
    const send = ourConnection.send.bind(ourConnection)
    ourConnection.send = (bytes) => {
      writes.push(bytes instanceof Uint8Array ? 1 : [...bytes].length)
      return send(bytes)
    }
    return { ours: ours.connection, theirs: theirs.connection, writes }
  }

  test('finds what it reaches for', async () => {
    const { ours } = await connect()
    expect(isAsExpected(ours)).toBe(true)
  })

  test('writes what is sent in one turn at once, in order', async () => {
    const { ours, theirs, writes } = await connect()
    const found = collect(theirs)
    const all = bytesOf(5_000)
    for (let at = 0; at < all.length; at += 50) ours.send(all.subarray(at, at + 50))
    await until(
      () => found.bytes.length,
      (length) => length === all.length,
    )
    expect(found.bytes.equals(all)).toBe(true)
    expect(writes).toEqual([1])
  })

  test('writes much without waiting, and what was sent before it first', async () => {
    const { ours, theirs, writes } = await connect()
    const found = collect(theirs)
    const all = bytesOf(200_000)
    ours.send(all.subarray(0, 10))
    ours.send(all.subarray(10))
    expect(writes.length).toBeGreaterThan(0)
    await until(
      () => found.bytes.length,
      (length) => length === all.length,
    )
    expect(found.bytes.equals(all)).toBe(true)
  })

  test('loses nothing that was sent right before the end', async () => {
    const { ours, theirs } = await connect()
    const found = collect(theirs)
    ours.send(bytesOf(10))
    await ours.close()
    await until(
      () => found.bytes.length,
      (length) => length === 10,
    )
  })
})

/** A stream that their stock yamux opened to ours, after its first byte. */
async function openStream(make: (components: { logger: ComponentLogger }) => StreamMuxerFactory) {
  const [ourConnection, theirConnection] = multiaddrConnectionPair()
  const ours = make({ logger }).createStreamMuxer(ourConnection)
  const theirs = stockYamux({ logger }).createStreamMuxer(theirConnection)
  const arrived = Promise.withResolvers<Stream>()
  ours.addEventListener('stream', ({ detail }) => arrived.resolve(detail))
  const sender = (await theirs.createStream()) as Stream & { handleWindowUpdate(frame: unknown): void }
  sender.send(bytesOf(1))
  const stream = await arrived.promise
  const found = collect(stream)
  await until(
    () => found.bytes.length,
    (length) => length === 1,
  )
  return { sender, stream, found }
}

const stockYamux = yamux() as (components: { logger: ComponentLogger }) => StreamMuxerFactory

describe('lazy windows', () => {
  /** How often the sender of `count` frames of 1 KB, each after the one before has arrived, hears of room. */
  async function updatesOf(make: typeof stockYamux, count: number): Promise<number> {
    const { sender, found } = await openStream(make)
    const handle = sender.handleWindowUpdate.bind(sender)
    let updates = 0
    sender.handleWindowUpdate = (frame) => {
      updates++
      handle(frame)
    }
    for (let sent = 1; sent <= count; sent++) {
      sender.send(bytesOf(1_024))
      await until(
        () => found.bytes.length,
        (length) => length === 1 + sent * 1_024,
      )
    }
    return updates
  }

  test('tell of room after half a window, where stock yamux tells after every frame', async () => {
    expect(await updatesOf(stockYamux, 20)).toBeGreaterThan(15)
    expect(await updatesOf(lazyWindows(stockYamux), 20)).toBe(0)
  })

  test('do not stop a stream that is longer than its window', async () => {
    const { sender, found } = await openStream(lazyWindows(stockYamux))
    for (let at = 0; at < 2_000; at++) if (!sender.send(bytesOf(1_000))) await sender.onDrain()
    await until(
      () => found.bytes.length,
      (length) => length === 2_000_001,
    )
  })
})

describe('a dripping stream', () => {
  test('hands over little by little what gathered while it was paused, and can be paused in between', async () => {
    const { sender, stream, found } = await openStream(stockYamux)
    const all = bytesOf(200_000)
    drip(stream)
    stream.pause()
    sender.send(all.subarray(1))
    await until(
      () => stream.readBufferLength,
      (length) => length === all.length - 1,
    )
    stream.addEventListener('message', () => found.parts === 4 && stream.pause())
    stream.resume()
    await until(
      () => stream.readStatus,
      (status) => status === 'paused',
    )
    expect(found.bytes.length).toBeLessThan(100_000)
    stream.resume()
    await until(
      () => found.bytes.length,
      (length) => length === all.length,
    )
    expect(found.bytes.equals(all)).toBe(true)
  })

  test('keeps to its pace when frame after frame arrives', async () => {
    const { sender, stream, found } = await openStream(stockYamux)
    const all = bytesOf(150_000)
    drip(stream)
    stream.pause()
    sender.send(all.subarray(1, 50_000))
    await until(
      () => stream.readBufferLength,
      (length) => length === 49_999,
    )
    let inTurn = 0
    let most = 0
    stream.addEventListener('message', ({ data }) => {
      if (inTurn === 0) setImmediate(() => (inTurn = 0))
      inTurn += data.byteLength
      most = Math.max(most, inTurn)
    })
    stream.resume()
    for (let at = 50_000; at < all.length; at += 100) sender.send(all.subarray(at, at + 100))
    await until(
      () => found.bytes.length,
      (length) => length === all.length,
    )
    expect(found.bytes.equals(all)).toBe(true)
    expect(most).toBeLessThan(40_000)
  })
})
