import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

describe('sim compare', () => {
  let folder = ''
  const grapevine = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, ['--conditions=@grapevine/source', main, 'sim', ...args], {
      encoding: 'utf8',
      cwd: folder,
    })
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'grapevine-compare-'))
    for (const d of ['4', '8']) grapevine('mesh', '--nodes', '60', '--d', d, '--out', `d${d}.json`)
    grapevine('mesh', '--nodes', '60', '--sweep', 'd=4,6', '--out', 'sweep.json')
    writeFileSync(join(folder, 'other.json'), '{"some":"thing"}')
    writeFileSync(join(folder, 'huge.json'), '')
    truncateSync(join(folder, 'huge.json'), 2 ** 25 + 1)
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('prints figures with their differences, and the parameters that differ', () => {
    const { status, stdout, stderr } = grapevine('compare', 'd4.json', 'd8.json')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/\n +d4 +d8 +difference\ndelivered +100 % +100 % +0\n/)
    expect(stdout).toMatch(/\nduplicates for each node and message +\S+ +\S+ +\+\S+ +\+\S+ %\n/)
    expect(stdout).toMatch(/\nparameters that differ +d4 +d8\nrules.d +4 +8\n/)
  })

  test('of a run with itself finds nothing', () => {
    const { stdout } = grapevine('compare', 'd4.json', 'd4.json')
    expect(stdout).toContain('the same parameters and the same seed')
    expect(stdout).not.toMatch(/[+−]\d/)
  })

  test('as JSON has both names, figures, counters and parameters', () => {
    expect(JSON.parse(grapevine('compare', 'd4.json', 'd8.json', '--json').stdout)).toMatchObject({
      a: { name: 'd4', command: 'grapevine sim mesh --nodes 60 --d 4 --seed 1' },
      b: { name: 'd8' },
      figures: expect.arrayContaining([{ name: 'delivered', unit: '%', a: 100, b: 100, difference: 0, ratio: 0 }]),
      counters: expect.arrayContaining([expect.objectContaining({ name: 'copies sent' })]),
      parameters: expect.arrayContaining([{ name: 'rules.d', a: 4, b: 8 }]),
    })
  })

  test.each(['out.html', 'out.svg'])('writes %s with both curves', (name) => {
    expect(grapevine('compare', 'd4.json', 'd8.json', '--report', name)).toMatchObject({ status: 0 })
    const text = readFileSync(join(folder, name), 'utf8')
    expect(text.includes('>d4</text>') && text.includes('>d8</text>')).toBe(true)
  })

  test.each([
    ['no such file', 'none.json', 'there is no such file'],
    ['other JSON', 'other.json', 'not what grapevine sim --out writes'],
    ['a sweep', 'sweep.json', 'is a sweep'],
    ['a file that is too large', 'huge.json', 'is larger than 32 MiB'],
  ])('refuses %s', (_, file, reason) => {
    const { status, stdout, stderr } = grapevine('compare', 'd4.json', file)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(reason)
  })

  test('shows nothing of a file to a terminal that would harm it', () => {
    const outcome = JSON.parse(readFileSync(join(folder, 'd4.json'), 'utf8')) as object
    const title = 'evil \u001b[2J\u202e title'
    writeFileSync(
      join(folder, 'evil.json'),
      JSON.stringify({ ...outcome, title, figures: [{ name: title, value: 1 }] }),
    )
    const { stdout } = grapevine('compare', 'evil.json', 'd4.json')
    expect(stdout).toContain('evil \\e[2J\\u{202e} title')
    expect(stdout).not.toContain('\u001b[2J')
  })
})
