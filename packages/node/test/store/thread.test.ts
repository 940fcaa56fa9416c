import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { copyFileSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { Store } from '../../src/store/index.ts'
import { WorkerLink } from '../../src/store/worker-link.ts'
import { recordNumber } from './records.ts'
import { withFolder } from './with-store.ts'

const all = { after: 0, messagesMax: 1000, bytesMax: 1 << 24 }

describe('the thread', () => {
  test('answers every question, and refuses what is open when it ends', async () => {
    await withFolder(async (path) => {
      const ended = Promise.withResolvers<Error | undefined>()
      const link = new WorkerLink(ended.resolve)
      await expect(link.request('state', undefined)).rejects.toMatchObject({ code: 'stopped' })
      await link.request('open', { path, reserveBytes: 0 })
      await expect(link.request('remove', { topic: 'none', arrivals: [] })).rejects.toMatchObject({ code: 'not-found' })
      const open = Promise.allSettled(Array.from({ length: 100 }, () => link.request('state', undefined)))
      await link.end()
      for (const answer of await open) {
        if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'internal' })
      }
      await ended.promise
      await expect(link.request('state', undefined)).rejects.toMatchObject({ code: 'internal' })
    })
  })

  test('is started again when it dies, with everything that it had acknowledged', async () => {
    await withFolder(async (path) => {
      const threads: Worker[] = []
      const onThread = (message: unknown): void => void threads.push((message as { worker: Worker }).worker)
      subscribe('worker_threads', onThread)
      const store = await Store.open({ path })
      await store.append([recordNumber(1)])
      const cutOff = store.append([recordNumber(2)]).then(
        () => 'stored',
        (error: unknown) => (error as { code: string }).code,
      )
      await threads[0]!.terminate()
      // It may have been faster than the end.
      expect(await cutOff).toMatch(/^(internal|stored)$/)
      const [third] = await store.append([recordNumber(3)])
      expect(third!.isDuplicate).toBe(false)
      const sequences = (await store.readArrivals(all)).records.map(({ sequence }) => sequence)
      expect(sequences).toContain(1)
      expect(sequences).toContain(3)
      expect(threads).toHaveLength(2)
      unsubscribe('worker_threads', onThread)
      await store.close()
    })
  })
})

test('a closed store says so', async () => {
  await withFolder(async (path) => {
    const store = await Store.open({ path })
    const last = store.append([recordNumber(1)])
    await store.close()
    expect(await last).toMatchObject([{ arrival: 1 }])
    await expect(store.append([recordNumber(2)])).rejects.toMatchObject({ code: 'stopped' })
    await expect(store.readArrivals(all)).rejects.toMatchObject({ code: 'stopped' })
  })
})

test('more than the disk takes is refused, and what was taken arrives', async () => {
  await withFolder(async (path) => {
    const store = await Store.open({ path })
    const bytes = new Uint8Array(1 << 20)
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, number) => store.append([recordNumber(number, { bytes })])),
    )
    const refused = results.filter(({ status }) => status === 'rejected')
    expect(refused).toMatchObject(refused.map(() => ({ reason: { code: 'overloaded' } })))
    expect(refused.length).toBeGreaterThan(0)
    expect((await store.state()).topics).toMatchObject([{ records: 40 - refused.length }])
    await store.close()
  })
})

describe('versions of the schema', () => {
  const fixture = fileURLToPath(new URL('./fixture/version-1.db', import.meta.url))

  test('a database of version 1 opens with what was in it', async () => {
    await withFolder(async (path) => {
      copyFileSync(fixture, path)
      const store = await Store.open({ path })
      expect(store.opened).toMatchObject({ logEpoch: '0badcafe', lastArrival: 9, movedAside: undefined })
      const { records } = await store.readArrivals(all)
      expect(records.map(({ topic, sequence, count }) => [topic, sequence, count])).toEqual([
        ['chat', 1, 1],
        ['chat', 10, 4],
        ['ids', 2, 1],
        ['chat', 20, 5],
      ])
      expect(await store.ask('consumer.get', 'reader')).toMatchObject({ acked: 3, handedOut: 3 })
      expect(await store.scrub()).toMatchObject({ damaged: 0 })
      await store.close()
    })
  })

  test('a database of a newer version is refused and left as it is', async () => {
    await withFolder(async (path) => {
      copyFileSync(fixture, path)
      const database = new DatabaseSync(path)
      database.exec('PRAGMA user_version = 999')
      database.close()
      await expect(Store.open({ path })).rejects.toMatchObject({ code: 'home' })
      expect(readdirSync(dirname(path)).filter((name) => name.includes('damaged'))).toEqual([])
      const again = new DatabaseSync(path, { readOnly: true })
      expect(again.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 999 })
      again.close()
    })
  })
})

test('a second store on the same file is refused', async () => {
  await withFolder(async (path) => {
    const store = await Store.open({ path })
    await expect(Store.open({ path })).rejects.toMatchObject({ code: 'running' })
    await store.close()
  })
})
