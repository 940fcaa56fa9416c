import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { NodeError } from '@grapevine/node/client'
import { until } from '../site.ts'
import { Members, type Member } from './member.ts'

const topic = 't'
const waitMs = 120_000

/** A disk of 64 MB; undefined where this user may not mount one. */
function mountSmall(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'gv-small-'))
  afterAll(() => rmSync(path, { recursive: true }))
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'small', path]).status !== 0) return undefined
  afterAll(() => void spawnSync('umount', [path]))
  return path
}

/** Takes all room that is left; returns how to give it back. */
function fillDisk(path: string): () => void {
  const file = join(path, 'filler')
  const { bavail, bsize } = statfsSync(path)
  try {
    writeFileSync(file, Buffer.alloc(bavail * bsize))
  } catch {
    // The node took the last bytes.
  }
  return () => rmSync(file, { force: true })
}

const publish = (member: Member, text: string): Promise<string> =>
  member.client.call('publish', { topic }, { body: Buffer.from(text) }).then(({ id }) => id)

const disk = mountSmall() ?? ''
if (disk === '') console.log('the test of a full disk is skipped: nothing can be mounted here')

test.skipIf(disk === '')(
  'on a full disk a publish is refused with the reason, relaying and reading go on, and all is well when there is room',
  async () => {
    await using members = await Members.open({ count: 0, reach: 1, config: { 'reconcile.intervalMs': 1_000 } })
    const first = await members.add()
    const middle = await members.add({ home: join(disk, 'home') })
    const last = await members.add()
    for (const member of members.all) await member.start()
    // A ticket names more peers than its node.
    const { peerId } = await first.status()
    await last.client.call('block', {}, { body: { target: peerId } })
    await members.join(topic)
    const early = await publish(first, 'early')
    const inbox = await last.read(topic)
    const kept = async (member: Member): Promise<string[]> => {
      const ids: string[] = []
      for await (const { id } of member.client.stream('history', { topic })) ids.push(id)
      return ids
    }
    await until(
      () => kept(middle),
      (ids) => ids.includes(early),
      waitMs,
    )

    const empty = fillDisk(disk)
    // What is left in the last pages of files is used up first.
    const refused = await until(
      () =>
        publish(middle, 'x'.repeat(20_000)).then(
          () => undefined,
          (error: unknown) => error,
        ),
      (error) => error !== undefined,
      waitMs,
    )
    expect(refused).toBeInstanceOf(NodeError)
    expect(refused).toMatchObject({ code: 'disk' })
    const passed = await publish(first, 'passed on')
    await inbox.has([passed], waitMs)
    expect(await kept(middle)).toContain(early)

    empty()
    const again = await until(
      () => publish(middle, 'again').catch(() => undefined),
      (id) => id !== undefined,
      waitMs,
    )
    await inbox.has([again!], waitMs)
    await until(
      () => kept(middle),
      (ids) => ids.includes(passed),
      waitMs,
    )
  },
  300_000,
)
