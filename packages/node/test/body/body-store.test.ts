import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toHex } from '@grapevine/protocol'
import { ChunkTree, checkChunk, chunkSize } from '@grapevine/protocol/fetch'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { BodyStore, type BodyStoreOptions } from '../../src/body/body-store.ts'
import { Log } from '../../src/log/log.ts'
import { temporaryFolder } from '../temporary-home.ts'
import { mebi, payloadOf } from './body-net.ts'

async function openStore(options: Partial<BodyStoreOptions> = {}): Promise<BodyStore> {
  const { directory = temporaryFolder(), bytesMax = 64 * mebi, needed = () => Promise.resolve([]) } = options
  const store = await BodyStore.open({ directory, bytesMax, needed, log: new Log().part('bodies') })
  onTestFinished(() => store.close())
  return store
}

const all = (roots: readonly Uint8Array[]): Promise<number[]> => Promise.resolve([...roots.keys()])

test.each([1, chunkSize, chunkSize + 1, 3 * chunkSize - 5])(
  'a body of %i bytes is read and served as it was saved',
  async (size) => {
    const store = await openStore()
    const body = payloadOf(size, 1)
    const tree = new ChunkTree(body)
    await store.save(tree.root, body)
    expect(await store.read(tree.root, size)).toEqual(body)
    expect(await store.read(tree.root, size + 1)).toBeUndefined()
    for (let index = 0; index < tree.count; index++) {
      const chunk = await store.chunk(tree.root, index)
      expect(checkChunk({ root: tree.root, size, index, ...chunk! })).toBe(true)
    }
    expect(await store.chunk(tree.root, tree.count)).toBeUndefined()
    expect(await store.chunk(new Uint8Array(32), 0)).toBeUndefined()
  },
)

test('what a crash left behind, and what nothing needs, is gone when the node starts again', async () => {
  const directory = temporaryFolder()
  const first = await openStore({ directory, needed: all })
  const bodies = [1, 2].map((seed) => payloadOf(2_000, seed))
  const [kept, loose] = bodies.map((body) => new ChunkTree(body).root)
  for (const body of bodies) await first.save(new ChunkTree(body).root, body)
  writeFileSync(join(directory, `${toHex(new Uint8Array(32))}.part`), 'half')
  writeFileSync(join(directory, 'note.txt'), 'not ours')
  const needed = (roots: readonly Uint8Array[]): Promise<number[]> =>
    Promise.resolve([...roots.keys()].filter((place) => Buffer.compare(roots[place]!, kept!) === 0))
  const again = await openStore({ directory, needed })
  expect(again.has(kept!)).toBe(true)
  expect(again.has(loose!)).toBe(false)
  expect(readdirSync(directory).toSorted()).toEqual([toHex(kept!), 'note.txt'].toSorted())
})

test('a damaged body is never given, and can be saved anew', async () => {
  const directory = temporaryFolder()
  const body = payloadOf(2 * chunkSize, 3)
  const { root } = new ChunkTree(body)
  const path = join(directory, toHex(root))
  await (await openStore({ directory, needed: all })).save(root, body)
  const bytes = readFileSync(path)
  bytes[chunkSize + 7]! ^= 1
  writeFileSync(path, bytes)
  const store = await openStore({ directory, needed: all })
  expect(await store.chunk(root, 0)).toMatchObject({ bytes: body.slice(0, chunkSize) })
  expect(await store.chunk(root, 1)).toBeUndefined()
  expect(existsSync(path)).toBe(false)
  await store.save(root, body)
  expect(await store.read(root, body.length)).toEqual(body)
})

test('beyond its bound nothing is saved, and what is there stays', async () => {
  const store = await openStore({ bytesMax: 3 * mebi })
  const [one, other] = [payloadOf(2 * mebi, 4), payloadOf(2 * mebi, 5)]
  await store.save(new ChunkTree(one).root, one)
  await expect(store.save(new ChunkTree(other).root, other)).rejects.toMatchObject({ code: 'disk' })
  expect(store.has(new ChunkTree(one).root)).toBe(true)
  expect(store.has(new ChunkTree(other).root)).toBe(false)
})

test('a body that the disk does not give is written anew when it is fetched again', async () => {
  const directory = temporaryFolder()
  const store = await openStore({ directory })
  const body = payloadOf(2 * chunkSize, 6)
  const { root } = new ChunkTree(body)
  await store.save(root, body)
  const path = join(directory, toHex(root))
  rmSync(path)
  // A file that cannot be opened, whoever asks.
  symlinkSync(path, path)
  expect(await store.read(root, body.length)).toBeUndefined()
  expect(store.has(root)).toBe(true)
  const { bytes } = store
  await store.save(root, body)
  expect(await store.read(root, body.length)).toEqual(body)
  expect(store.bytes).toBe(bytes)
})

describe('where room lacks', () => {
  let seed = 100
  /** Has bodies saved one after the other; the roots of them. */
  async function fill(
    store: BodyStore,
    count: number,
    bringer?: { topic: string; from: string },
  ): Promise<Uint8Array[]> {
    const roots: Uint8Array[] = []
    for (let index = 0; index < count; index++) {
      const body = payloadOf(mebi, seed++)
      const { root } = new ChunkTree(body)
      await store.save(root, body, bringer)
      roots.push(root)
    }
    return roots
  }
  const here = (store: BodyStore, roots: readonly Uint8Array[]): boolean[] => roots.map((root) => store.has(root))
  const room = 8 * (mebi + 4096)

  test('the peer that takes up most makes way with its oldest, and others lose nothing', async () => {
    const store = await openStore({ bytesMax: room })
    const own = await fill(store, 1)
    const alice = await fill(store, 3, { topic: 'large', from: 'alice' })
    const mallory = await fill(store, 40, { topic: 'large', from: 'mallory' })
    expect(here(store, [...own, ...alice])).toEqual([true, true, true, true])
    expect(here(store, mallory)).toEqual(mallory.map((_, index) => index >= 36))
    const more = await fill(store, 1, { topic: 'large', from: 'bob' })
    expect(here(store, [...more, ...alice, mallory[36]!])).toEqual([true, true, true, true, false])
    expect(store.bytes).toBeLessThanOrEqual(room)
  })

  test('many peers on one topic take nothing from those of another', async () => {
    const store = await openStore({ bytesMax: room })
    const alice = await fill(store, 4, { topic: 'calm', from: 'alice' })
    for (let peer = 0; peer < 20; peer++) await fill(store, 1, { topic: 'flooded', from: `mallory ${peer}` })
    expect(here(store, alice)).toEqual([true, true, true, true])
  })

  test('what messages in the store need stays, whoever brought it', async () => {
    const kept: Uint8Array[] = []
    const needed = (roots: readonly Uint8Array[]): Promise<number[]> =>
      Promise.resolve(
        [...roots.keys()].filter((place) => kept.some((root) => Buffer.compare(roots[place]!, root) === 0)),
      )
    const store = await openStore({ bytesMax: room, needed })
    kept.push(...(await fill(store, 4, { topic: 'large', from: 'mallory' })))
    store.delivered(kept[0]!, true)
    await fill(store, 20, { topic: 'large', from: 'mallory' })
    expect(here(store, kept)).toEqual([true, true, true, true])
    kept.push(...(await fill(store, 4, { topic: 'large', from: 'mallory' })))
    await expect(fill(store, 1, { topic: 'calm', from: 'alice' })).rejects.toMatchObject({ code: 'disk' })
    expect(here(store, kept)).not.toContain(false)
  })

  test('what messages in the store needed that retention has deleted goes at once', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const store = await openStore({ bytesMax: room })
    const old = await fill(store, 8, { topic: 'large', from: 'mallory' })
    for (const root of old) store.delivered(root, true)
    vi.advanceTimersByTime(6_000)
    const alice = await fill(store, 1, { topic: 'calm', from: 'alice' })
    expect(here(store, alice)).toEqual([true])
  })
})
