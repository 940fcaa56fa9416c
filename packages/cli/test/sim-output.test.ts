import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isWithin, readOutcome, type RunOutcome, type SweepOutcome } from '@grapevine/sim/report'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parametersOf } from '../src/sim/parameters.ts'
import { repeatCommand } from '../src/sim/repeat.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const grapevine = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['--conditions=@grapevine/source', main, ...args], { encoding: 'utf8' })

describe('--out', () => {
  let folder = ''
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'grapevine-sim-'))))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const outcomeOf = (...args: readonly string[]): RunOutcome | SweepOutcome => {
    const file = join(folder, `${args.join('-')}.json`)
    expect(grapevine('sim', ...args, '--out', file)).toMatchObject({ status: 0 })
    return readOutcome(readFileSync(file, 'utf8'))
  }

  test.each([
    ['mesh', '--nodes', '60', '--latency', 'world'],
    ['mesh', '--nodes', '60', '--static', '--d', '4'],
    ['epidemic', '--nodes', '64', '--runs', '20'],
    ['epidemic', 'plumtree', '--nodes', '64'],
    ['epidemic', 'swim', '--nodes', '64'],
    ['broadcast', '--seconds', '2'],
  ])('of sim %s %s %s %s is an outcome that follows its theory', (...args) => {
    const found = outcomeOf(...args) as RunOutcome
    expect(found).toMatchObject({
      format: 'grapevine-outcome',
      seed: 1,
      command: `grapevine sim ${args.join(' ')} --seed 1`,
    })
    expect(found.theory.filter((row) => !isWithin(row))).toEqual([])
    expect(found.figures.length).toBeGreaterThan(2)
  })

  test('has the same numbers as the table, and the pictures', () => {
    const file = join(folder, 'mesh.json')
    const args = ['sim', 'mesh', '--nodes', '100', '--latency', 'world', '--json'] as const
    const json = JSON.parse(grapevine(...args, '--out', file).stdout) as { delayMs: { p50: number; max: number } }
    const found = readOutcome(readFileSync(file, 'utf8')) as RunOutcome
    expect(found.latency).toMatchObject({ p50: json.delayMs.p50, max: json.delayMs.max })
    expect(found.curve!.points.at(-1)![1]).toBe(1)
    expect(found.curve!.slow!.length).toBeGreaterThan(10)
    expect(found.regions!.names).toContain('europe')
    expect(found.copies!.reduce((sum, [, nodes]) => sum + nodes, 0)).toBe(20 * 99)
    // Counting copies takes memory.
    expect(JSON.parse(grapevine(...args).stdout)).toEqual({ ...json, bytes: expect.any(Number) })
  })

  test('of a sweep has a run for each value, with the command that repeats it alone', () => {
    const found = outcomeOf('mesh', '--nodes', '50', '--sweep', 'd=4,6', '--messages', '3') as SweepOutcome
    expect(found.values.map(({ text }) => text)).toEqual(['4', '6'])
    expect(found.values[1]!.run.command).toBe('grapevine sim mesh --nodes 50 --d 6 --messages 3 --seed 1')
  })

  test('of a sweep over a field of a scenario, too', () => {
    const scenario = fileURLToPath(new URL('../../../examples/scenarios/slow-links.json', import.meta.url))
    const file = join(folder, 'run.json')
    const args = ['sim', 'run', scenario, '--nodes', '10', '--set', 'durationMs=8000', '--sweep', 'links.loss=0,0.1']
    expect(grapevine(...args, '--out', file)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^.*, by links.loss\nlinks.loss +delivered .*\n0 +100 % .*\n0.1 +100 % .*\n$/),
    })
    const found = readOutcome(readFileSync(file, 'utf8')) as SweepOutcome
    expect(found.values.map(({ run }) => run.parameters['links.loss'])).toEqual([0, 0.1])
    expect(found.values[1]!.run.command).toMatch(/ --set links.loss=0.1 --seed \d+$/)
    expect(grapevine(...args.slice(0, 3), '--sweep', 'mesh.d=4,x').stderr).toContain('mesh.d: expected a whole number')
  })

  test.each([
    ['nowhere/out.json', 'its folder does not exist'],
    ['.', 'it is a folder'],
  ])('to %s is refused before anything runs, and leaves nothing', (path, reason) => {
    const before = readdirSync(folder)
    const { status, stdout, stderr } = grapevine('sim', 'mesh', '--nodes', '50', '--out', join(folder, path))
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(reason)
    expect(readdirSync(folder)).toEqual(before)
  })
})

test('the command that repeats a run has its seed, and not where results went', () => {
  const args = ['sim', 'mesh', '--out', 'a b.json', '--json', '--report=x.html', '--nodes', '7', '--latency', "it's"]
  expect(repeatCommand(3, args)).toBe(`grapevine sim mesh --nodes 7 --latency 'it'\\''s' --seed 3`)
  expect(repeatCommand(3, ['sim', 'mesh', '--seed', '3'])).toBe('grapevine sim mesh --seed 3')
})

test('options become a flat list', () => {
  expect(parametersOf({ a: 1, b: { c: 'x', d: { e: true } }, f: [1, 2], g: undefined })).toEqual({
    a: 1,
    'b.c': 'x',
    'b.d.e': true,
    f: '[1,2]',
  })
})
