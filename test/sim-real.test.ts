import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labMissing } from '@grapevine/node/lab'
import { afterAll, expect, test } from 'vitest'
import { Site } from './site.ts'

const site = new Site()
const temporary = mkdtempSync(join(tmpdir(), 'gvr-'))
afterAll(async () => {
  await site.close()
  rmSync(temporary, { recursive: true, force: true })
})

const hasLab = (await labMissing()) === undefined
const scenario = {
  name: 'real',
  nodes: 4,
  connections: { kind: 'full' },
  links: { latency: { law: 'constant', ms: 20 } },
  workload: [{ ratePerSecond: 4, startMs: 500 }],
  events: [
    ...(hasLab ? [{ type: 'partition', atMs: 1500, groups: ['n0'], forMs: 1500 }] : []),
    { type: 'crash', atMs: 1500, nodes: 'n3', forMs: 1000 },
    { type: 'join', atMs: 1000, nodes: 'n2' },
  ],
  durationMs: 6000,
  settleMs: 120_000,
}

/** Writes a scenario; processes find their temporary folder beside it. */
function place(name: string): { readonly file: string; readonly env: NodeJS.ProcessEnv; readonly homes: string } {
  const homes = join(temporary, name)
  mkdirSync(homes)
  const file = join(temporary, `${name}.json`)
  writeFileSync(file, JSON.stringify(scenario))
  return { file, env: { TMPDIR: homes }, homes }
}

test(
  'real processes play a scenario with a node that joins, one that crashes and a cut: all get all, and nothing is left behind',
  { timeout: 400_000 },
  async () => {
    const { file, env, homes } = place('all')
    const { code, stdout, stderr } = await site.run(['sim', 'run', file, '--compare', '--json'], { env })
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const { simulated, real } = JSON.parse(stdout) as Record<
      'simulated' | 'real',
      { kind: string; messages: number; counters: Record<string, number>; hasLinks?: boolean; broken?: string[] }
    >
    expect([simulated.kind, real.kind]).toEqual(['run', 'real'])
    expect(real).toMatchObject({ hasLinks: hasLab, broken: [] })
    expect(real.messages).toBeGreaterThan(5)
    expect(real.counters['delivered']).toBe(real.messages * 3)
    expect(real.counters['given to a reader again']).toBe(0)
    expect(readdirSync(homes)).toEqual([])
  },
)

test('Ctrl-C ends real processes and removes their homes', { timeout: 200_000 }, async () => {
  const { file, env, homes } = place('ended')
  const running = site.start(['sim', 'run', file, '--real'], { env })
  while (readdirSync(homes).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  running.child.kill('SIGINT')
  const { code, stderr } = await running.outcome
  expect(code).toBe(1)
  expect(stderr).toContain('all processes are gone')
  expect(readdirSync(homes)).toEqual([])
})
