import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseLimits } from '../src/replay-limits.ts'
import type { OtherwiseView } from '../src/replay-otherwise.ts'
import { RecordingSite } from './recorded-node.ts'

let site: RecordingSite
beforeEach(() => void (site = new RecordingSite()))
afterEach(() => site.close())

describe('a replay with other limits or validators', () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const otherwise = (...args: readonly string[]): OtherwiseView & { readonly status: number | null } => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@grapevine/source', main, 'replay', site.file, '--json', ...args],
      { encoding: 'utf8' },
    )
    if (stdout === '') throw new Error(stderr)
    return { ...(JSON.parse(stdout) as OtherwiseView), status }
  }

  test('finds nothing where nothing is changed', async () => {
    await site.talk()
    expect(otherwise('--set', 'seen.idsMin=524288')).toMatchObject({ status: 0, changes: [], supposed: 0 })
  })

  test('lists what another limit would have refused, with its reason', async () => {
    const { ids } = await site.talk()
    const { changes, counts } = otherwise('--set', 'chat:messageBytesMax=0')
    expect(changes.filter(({ id }) => ids.includes(id ?? ''))).toEqual(
      ids.map((id) =>
        expect.objectContaining({
          id,
          topic: 'chat',
          before: { decision: { verdict: 'accept', reason: 'valid' }, isDelivered: true },
          after: { decision: expect.objectContaining({ verdict: 'reject', reason: 'oversize' }) as unknown },
        }),
      ),
    )
    expect(changes.find(({ before }) => before.answer === 'published')?.after.answer).toBe('oversize')
    expect(counts['accept valid, delivered -> reject oversize']).toBe(2)
  })

  test('asks another validator, and only for its topic', async () => {
    const { ids } = await site.talk()
    const rule = join(site.folder, 'rule.cjs')
    writeFileSync(
      rule,
      `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { text } = JSON.parse(line)
        console.log(JSON.stringify(text === 'b' ? { verdict: 'reject', reason: 'no b' } : { verdict: 'accept' }))
      })`,
    )
    const { changes } = otherwise('--validator', `chat=${process.execPath} ${rule}`)
    expect(changes).toEqual([
      expect.objectContaining({
        id: ids[1],
        before: { decision: { verdict: 'accept', reason: 'valid' }, isDelivered: true },
        after: { decision: { verdict: 'reject', reason: 'rule-rejected', detail: 'no b' } },
      }),
    ])
    const own = otherwise('--validator', `own=${process.execPath} ${rule}`)
    expect(own.counts['reject rule-rejected -> accept valid, delivered']).toBe(1)
  })

  test('refuses limits that there are not', () => {
    expect(() => parseLimits(['seen.ids=5'])).toThrow(expect.objectContaining({ code: 'usage' }))
    expect(() => parseLimits(['batch.max=5000'])).toThrow(expect.objectContaining({ code: 'usage' }))
    const { machine, rules } = parseLimits(['park.peerCount=5', 'pending.bytesMax=1MiB', '*:authorRateMax=3'])
    expect(machine).toMatchObject({ pendingBytesMax: 1 << 20, parkBounds: { ofPeer: { count: 5 } } })
    expect(rules({ name: 'any' } as Parameters<typeof rules>[0])).toMatchObject({ authorRateMax: 3 })
  })
})
