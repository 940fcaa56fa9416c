import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readOutcome } from '@grapevine/sim/report'
import { afterAll, describe, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'grapevine-sim-'))
afterAll(() => rmSync(folder, { recursive: true }))

const grapevine = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['--conditions=@grapevine/source', main, 'sim', ...args], { encoding: 'utf8' })

/** Writes a file of JSON, and returns its path. */
function file(name: string, value: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(value))
  return path
}

const least = { name: 'least', nodes: 8, durationMs: 12_000, workload: [{ ratePerSecond: 2 }] }
const calm = file('calm.json', least)
// Cut off for longer than messages are announced, and no stores that could be compared.
const lossy = file('lossy.json', {
  ...least,
  parts: ['gossip'],
  events: [{ type: 'partition', atMs: 5500, groups: ['n0..n2'], forMs: 6000 }],
  settleMs: 5000,
})
const broken = join(folder, 'broken.json')
writeFileSync(broken, '{ name: broken')

describe('sim run', () => {
  test('prints what came out, and the same in another process', () => {
    const once = grapevine('run', calm)
    expect(once).toMatchObject({ status: 0, stderr: expect.stringContaining('times as fast as real') })
    expect(once.stdout).toMatch(/^least: 8 nodes, 1[23]\.0 s of virtual time, seed 1\ndelivered .* 100\.000 %/)
    expect(once.stdout).toMatch(/\ntrace +[0-9a-f]{16}\nheld: once, order, protocol, delivered, equal\n$/)
    expect(grapevine('run', calm).stdout).toBe(once.stdout)
    expect(grapevine('run', calm, '--seed', '2').stdout).not.toBe(once.stdout)
  })

  test('ends at the first invariant that does not hold, with the command that repeats it', () => {
    const { status, stdout } = grapevine('run', lossy, '--seed', '3')
    expect(status).toBe(1)
    const [, failure = '', command = ''] =
      /(FAILED delivered: [^]*?)\n {2}repeat with: grapevine sim (.*)\n$/.exec(stdout) ?? []
    expect(failure).toMatch(/on n\d at 17\.0 s, message [0-9a-f]{12} on news of n\d: it lacks the message/)
    const again = grapevine(...command.split(' '))
    expect(again).toMatchObject({ status: 1, stdout })
    // What was switched off is what was missing.
    expect(grapevine('run', lossy, '--seed', '3', '--set', 'parts=["gossip","reconcile"]')).toMatchObject({ status: 0 })
  })

  test('writes its outcome, and the violation as JSON', () => {
    const out = join(folder, 'out.json')
    const { stdout } = grapevine('run', lossy, '--json', '--out', out)
    const outcome = readOutcome(readFileSync(out, 'utf8'))
    expect(outcome).toMatchObject({ kind: 'run', nodes: 8, trace: expect.stringMatching(/^[0-9a-f]{16}$/) })
    expect(JSON.parse(stdout)).toMatchObject({
      ...outcome,
      violation: { invariant: 'delivered', node: expect.any(String), repeat: `grapevine sim run ${lossy} --seed 1` },
    })
  })

  test('takes latencies from a file beside it', () => {
    file('map.json', {
      regions: [
        { name: 'here', weight: 1 },
        { name: 'there', weight: 1 },
      ],
      ms: [
        [1, 300],
        [300, 1],
      ],
    })
    const path = file('far.json', {
      ...least,
      links: { latency: { law: 'file', path: 'map.json' } },
      groups: [{ name: 'far', share: 0.5, region: 'there' }],
    })
    const { status, stdout } = grapevine('run', path, '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ regions: { names: ['here', 'there'] } })
  })

  test.each([
    ['a file that is not there', ['nothing.json'], 'nothing.json cannot be read: there is no such file'],
    [
      'a name in place of a file',
      ['lossless'],
      'hint: lossless draws all it does from the seed: grapevine sim seeds lossless',
    ],
    [
      'another name',
      ['losless'],
      'hint: scenarios of files are in examples/scenarios; grapevine sim seeds also takes calm,',
    ],
    ['what is not JSON', [broken], 'broken.json is not JSON: Expected'],
    ['an unknown field', [calm, '--set', 'links.lossy=1'], 'links.lossy: there is no such field'],
    ['a value out of range', [calm, '--set', 'links.loss=2'], 'links.loss: expected a number from 0 to 0.99'],
    ['no field at all', [calm, '--set', 'links'], 'It takes path=value'],
    ['a node that there is not', [lossy, '--nodes', '2'], 'events[0].groups[0]: there is no n0..n2'],
  ])('refuses %s', (_, args, message) => {
    const { status, stderr } = grapevine('run', ...args)
    expect(status).toBe(2)
    expect(stderr).toContain(message)
  })
})

describe('sim seeds', () => {
  test('tries seeds of a file in several processes', () => {
    const { status, stdout } = grapevine('seeds', calm, '-n', '5', '--from', '14', '--jobs', '2', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ from: 14, tried: 5, failed: [] })
  })

  test('tries those that are built in', () => {
    const { status, stdout } = grapevine('seeds', 'calm', '-n', '3')
    expect({ status, stdout }).toEqual({ status: 0, stdout: '3 of 3 seeds passed\n' })
  })

  test('stops at the first that fails, or lists all, each with the command that repeats it', () => {
    const first = grapevine('seeds', lossy, '-n', '200', '--jobs', '1')
    expect(first.status).toBe(1)
    expect(first.stdout).toMatch(
      /^FAILED seed 1: delivered: .*\n {2}on n\d at 17000 ms, .*\n {2}repeat with: .*\n0 of 1 seed passed\n$/,
    )
    expect(first.stdout).toContain(`repeat with: grapevine sim run ${lossy} --seed 1\n`)
    expect(first.stderr).toContain('199 seeds not tried: --all goes on')
    // In the order of the seeds, whichever process is faster.
    const both = grapevine('seeds', lossy, '-n', '200', '--jobs', '2')
    expect(both.stdout).toBe(first.stdout)
    const all = grapevine('seeds', lossy, '-n', '3', '--jobs', '2', '--all')
    expect(all.stdout).toMatch(/FAILED seed 1:[^]*FAILED seed 2:[^]*FAILED seed 3:[^]*\n0 of 3 seeds passed\n$/)
  })

  test('names those that are built in for one that is not', () => {
    const { status, stderr } = grapevine('seeds', 'calmer')
    expect(status).toBe(2)
    expect(stderr).toContain(
      'hint: scenarios of files are in examples/scenarios; grapevine sim seeds also takes calm, disorder,',
    )
  })
})
