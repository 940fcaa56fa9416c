import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Store } from '../../src/store/index.ts'
import { withFolder } from './with-store.ts'

const appender = fileURLToPath(new URL('./appender.ts', import.meta.url))

/** Starts a process that appends, kills it after so many acknowledgements, and returns what was acknowledged. */
async function appendUntilKilled(path: string, first: number, acknowledgements: number): Promise<number[]> {
  const child = spawn(process.execPath, ['--conditions=@grapevine/source', appender, path, `${first}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const acknowledged: number[] = []
  for await (const line of createInterface(child.stdout)) {
    acknowledged.push(Number(line))
    if (acknowledged.length === acknowledgements) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return acknowledged
}

test(
  'a process that is killed while it appends has everything that it acknowledged',
  { timeout: 300_000 },
  async () => {
    await withFolder(async (path) => {
      const acknowledged: number[] = []
      for (let round = 0; round < 4; round++) {
        const now = await appendUntilKilled(path, round * 1_000_000, 50 + 300 * round)
        expect(now.length).toBeGreaterThanOrEqual(50 + 300 * round)
        acknowledged.push(...now)
      }
      const store = await Store.open({ path })
      const found = new Set<number>()
      for (let after = 0; ;) {
        const { records, isCut } = await store.readArrivals({ after, messagesMax: 1000, bytesMax: 1 << 24 })
        for (const { sequence } of records) found.add(sequence)
        after = records.at(-1)?.arrival ?? after
        if (!isCut) break
      }
      expect(acknowledged.filter((number) => !found.has(number))).toEqual([])
      expect(store.opened.movedAside).toBeUndefined()
      await store.close()
    })
  },
)
