import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toHex } from '@grapevine/protocol'
import { ChunkTree, checkChunk, chunkSize } from '@grapevine/protocol/fetch'
import { expect, onTestFinished, test } from 'vitest'
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
