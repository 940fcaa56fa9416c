import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Members } from './reliability/member.ts'
import { until } from './site.ts'

const bundle = fileURLToPath(new URL('../packages/cli/dist/bundle/main.js', import.meta.url))
/** Everything has arrived long before, unless something is wrong. */
const arriveMsMax = 120_000

/** What `replay --json` prints of a recording. */
interface Replayed {
  readonly code: number | null
  readonly stderr: string
  readonly equal: boolean
  readonly lives: readonly { readonly peerId: string; readonly epoch: number }[]
  readonly counts: {
    readonly events: { readonly machine: number; readonly cluster: number }
    readonly delivered: number
    readonly published: number
    readonly verdicts: Readonly<Record<string, number>>
  }
  readonly end?: string
  readonly difference?: unknown
}

function replayed(file: string, ...args: readonly string[]): Replayed {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, 'replay', file, '--json', ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return { ...(JSON.parse(stdout === '' ? '{}' : stdout) as Replayed), code: status, stderr }
}

/** The same of `replay --set`. */
const otherwise = (
  file: string,
  ...args: readonly string[]
): { readonly changes: readonly { readonly topic: string }[]; readonly supposed: number } =>
  replayed(file, ...args) as unknown as ReturnType<typeof otherwise>

/** A validator that puts the first of every three messages off, and judges it when it comes again. */
const putOff = `const seen = new Set(); let count = 0
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id } = JSON.parse(line)
  const first = !seen.has(id) && count++ % 3 === 0
  seen.add(id)
  console.log(JSON.stringify(first ? { id, verdict: 'defer', for: 200 } : { id, verdict: 'accept' }))
})`

const definitions = [
  { name: 'judged', validate: 'each' },
  { name: 'large', dissemination: 'announce', messageBytesMax: 1 << 20 },
  { name: 'loose', delivery: 'best-effort' },
  { name: 'typed', id: 'content', payload: { json: { type: 'object' } } },
] as const

const texts = (name: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${name} ${at}`)

test('five nodes are recorded while one of them is killed and started again, and all recordings replay the same', async () => {
  await using members = await Members.open({
    count: 5,
    config: { 'record.file': 'node.rec', 'reconcile.intervalMs': 1_000 },
  })
  const [first, , victim, , last] = members.all
  const program = join(members.directory, 'put-off.cjs')
  writeFileSync(program, putOff)
  for (const { client } of members.all) {
    for (const definition of definitions) await client.call('topicDefine', {}, { body: { definition } })
  }
  const command = `${process.execPath} ${program}`
  await last!.client.call('validatorSet', {}, { body: { topic: 'judged', command } })
  await members.join('load')
  const large = await last!.read('large')
  const inboxes = await Promise.all(members.all.map((member) => member.read('load')))

  const ids = await first!.publish('load', texts('before', 40))
  await first!.publish('judged', texts('judged', 12))
  await first!.publish('loose', texts('loose', 12))
  const bodies = await first!.publish('large', texts('x'.repeat(300_000), 3))
  await first!.publish('typed', ['{"a":1}', '{"a":1}', '{"b":2}'])
  await Promise.all(inboxes.map((inbox) => inbox.has(ids, arriveMsMax)))
  await large.has(bodies, arriveMsMax)
  large.close()
  await victim!.kill()
  const missed = (await Promise.all([first!, last!].map((member) => member.publish('load', texts('away', 30))))).flat()
  await victim!.start()
  ids.push(...missed, ...(await victim!.publish('load', texts('back', 20))))
  await Promise.all(inboxes.map((inbox) => inbox.has(ids, arriveMsMax)))
  for (const inbox of inboxes) inbox.close()
  const status = await until(
    () => last!.status(),
    ({ counters }) => (counters.verdicts.defer ?? 0) > 0,
  )
  expect(status.recording).toMatchObject({ state: 'on', file: join(last!.home, 'node.rec') })
  // One ends without a word, the others as users end them.
  await last!.kill()
  await Promise.all(members.all.slice(0, 4).map((member) => member.stop()))

  const recordings = members.all.map(({ home }) => replayed(join(home, 'node.rec')))
  expect(recordings.map(({ code, stderr, equal, difference }) => ({ code, stderr, equal, difference }))).toEqual(
    members.all.map(() => ({ code: 0, stderr: '', equal: true, difference: undefined })),
  )
  expect(recordings.map(({ lives }) => lives.length)).toEqual([1, 1, 2, 1, 1])
  expect(recordings.map(({ end }) => end)).toEqual(['stopped', 'stopped', 'stopped', 'stopped', undefined])
  for (const { counts } of recordings) {
    expect(counts.delivered).toBeGreaterThanOrEqual(100)
    expect(counts.events.cluster).toBeGreaterThan(50)
    expect(counts.verdicts['accept']).toBeGreaterThan(0)
  }
  expect(recordings.at(-1)!.counts.verdicts['defer']).toBeGreaterThan(0)

  // Beside a node with the same limits nothing goes otherwise; with a smaller one, what it does not let in.
  for (const { home } of members.all) {
    const same = otherwise(join(home, 'node.rec'), '--set', 'seen.idsMin=524288')
    expect(same).toMatchObject({ changes: [], supposed: 0 })
  }
  const { changes } = otherwise(join(last!.home, 'node.rec'), '--set', 'judged:messageBytesMax=3')
  expect(changes.length).toBeGreaterThanOrEqual(12)
  expect(new Set(changes.map(({ topic }) => topic))).toEqual(new Set(['judged']))

  const story = replayed(join(last!.home, 'node.rec'), '--why', ids[0]!) as unknown as { steps: { what: string }[] }
  expect(story.steps.map(({ what }) => what)).toContain('delivered')
}, 300_000)
