import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { epidemicDefaults, epidemicTrial, study } from '@grapevine/sim/epidemic'
import { describe, expect, test } from 'vitest'
import { topologies } from '@grapevine/sim/broadcast'
import { attackPresets, scorePresets } from '@grapevine/sim/mesh'
import { topologyNames } from '../src/command/sim-broadcast.ts'
import { algorithms } from '../src/command/sim-epidemic.ts'
import { attackNames, scoreNames } from '../src/command/sim-mesh.ts'
import { epidemicLines } from '../src/epidemic-screen.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const grapevine = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['--conditions=@grapevine/source', main, ...args], { encoding: 'utf8' })

describe('sim epidemic', () => {
  test.each(algorithms)('%s prints a table', (algorithm) => {
    const { status, stdout, stderr } = grapevine('sim', 'epidemic', algorithm, '--nodes', '64', '--runs', '3')
    expect(status).toBe(0)
    expect(stdout).toMatch(new RegExp(`^${algorithm}: 64 nodes, 3 runs, seed 1\n +mean +deviation`))
    expect(stderr).toMatch(/^[\d.]+ MB of arrays\n[\d.]+ s of processor time\n$/)
  })

  test('prints the same with the same seed', () => {
    const [once, again, other] = ['1', '1', '2'].map((seed) => grapevine('sim', 'epidemic', '--seed', seed).stdout)
    expect(again).toBe(once)
    expect(other).not.toBe(once)
  })

  test('sweeps over an option, one row for each value', () => {
    const args = ['sim', 'epidemic', 'rumor', '--sweep', 'k=1..3']
    const { stdout } = grapevine(...args)
    expect(stdout).toMatch(/^rumor by k: 10 runs each, seed 1\nk +residue +complete .*\n1 .*\n2 .*\n3 .*\n$/)
    const json = JSON.parse(grapevine(...args, '--json').stdout) as { options: { rumor: { k: number } } }[]
    expect(json.map(({ options }) => options.rumor.k)).toEqual([1, 2, 3])
  })

  test('as JSON has options, values, theory and curve', () => {
    const { stdout } = grapevine('sim', 'epidemic', 'rumor', '--k', '2', '--coin', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      algorithm: 'rumor',
      options: { nodes: 1000, mode: 'push', rumor: { k: 2, stop: 'coin', count: 'feedback' } },
      runs: 10,
      seed: 1,
      values: { residue: { mean: expect.any(Number), least: expect.any(Number) } },
      theory: { residue: { formula: 'e^(−traffic)' } },
      curve: expect.arrayContaining([1]),
      bytes: expect.any(Number),
    })
  })

  test.each([
    ['an option of another algorithm', ['fanout', '--mode', 'pull'], 'fanout takes no --mode', 'it takes --fanout'],
    ['no square for a grid', ['--space', 'grid'], 'a grid takes a square number of nodes', 'see: '],
    ['an exponent without space', ['--exponent', '2'], 'it needs --space', ''],
    ['a sweep over nothing', ['--sweep', 'x=1..3'], 'has no option --x', 'NAME=1..5'],
    ['a sweep over wrong values', ['--sweep', 'loss=0.5,2'], 'loss cannot be 2. It takes a number from 0 to 1.', ''],
    ['an endless sweep', ['--sweep', 'nodes=2..1000'], '--sweep takes NAME=1..5', '1 to 100 values'],
    ['a part above 1', ['--loss', '1.5'], 'It takes a number from 0 to 1', 'see: '],
  ])('refuses %s', (_, args, message, hint) => {
    const { status, stderr } = grapevine('sim', 'epidemic', ...args)
    expect(status).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
  })
})

describe('sim mesh', () => {
  test('prints what came out, and the same with the same seed', () => {
    const args = ['sim', 'mesh', '--nodes', '60', '--latency', '10..90', '--loss', '0.05'] as const
    const once = grapevine(...args)
    expect(once).toMatchObject({ status: 0 })
    expect(once.stdout).toMatch(/^mesh: 60 nodes, 20 messages, seed 1\ndelivered +1,180 +of 1,180, 100.000 %\n/)
    expect(grapevine(...args).stdout).toBe(once.stdout)
    expect(grapevine(...args, '--seed', '2').stdout).not.toBe(once.stdout)
  })

  test('sweeps over names, too', () => {
    const { stdout } = grapevine('sim', 'mesh', '--nodes', '50', '--sweep', 'scores=none,stock', '--messages', '3')
    expect(stdout).toMatch(/^scores +delivered .*\nnone +100.000 % .*\nstock +100.000 % .*\n$/)
  })

  test('of a mesh that is given has the theory beside it', () => {
    const { stdout } = grapevine('sim', 'mesh', '--static', '--d', '8', '--nodes', '500', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      options: { nodes: 500, degree: 8 },
      delivered: 20 * 499,
      duplicates: 6.004,
      sent: { message: 20 * 3501 },
      theory: { duplicates: 6.004, messages: 20 * 3501 },
    })
  })

  test('tells delays by region with a map of the world', () => {
    const { stdout } = grapevine('sim', 'mesh', '--nodes', '100', '--latency', 'world')
    expect(stdout).toMatch(/\neurope +\d+ nodes +median \d+ ms; p90 \d+ ms, p99 \d+ ms, slowest \d+ ms\n/)
  })

  test('knows the attacks and score settings of the model', () => {
    expect([...attackNames].toSorted()).toEqual(Object.keys(attackPresets).toSorted())
    expect(scoreNames.slice(1).toSorted()).toEqual(Object.keys(scorePresets).toSorted())
  })

  test.each([
    ['attackers on a mesh that is given', ['--static', '--attack', 'cold-boot'], '--static has no heartbeat'],
    ['a latency that is none', ['--latency', '50..10'], 'It takes ms such as 50, 40..130 or exp:100'],
    ['bounds that cross', ['--d', '3', '--d-low', '5'], 'dLow is 5, not a whole number from 1 to 3'],
    ['an odd number of link ends', ['--static', '--nodes', '7', '--d', '3'], 'which is odd'],
  ])('refuses %s', (_, args, message) => {
    const { status, stderr } = grapevine('sim', 'mesh', ...args)
    expect(status).toBe(2)
    expect(stderr).toContain(message)
  })
})

describe('sim broadcast', () => {
  test('prints messages and latencies', () => {
    const { stdout, status } = grapevine('sim', 'broadcast', '--topology', 'tree4')
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^broadcast: 25 nodes, tree4, 100 ms, seed 1\nmessages +1[12]\.\d\d an operation, 24\.0 a broad/,
    )
    const json = grapevine('sim', 'broadcast', '--batch', '60', '--json').stdout
    expect(JSON.parse(json)).toMatchObject({ options: { topology: 'mesh', batchMs: 60 }, lost: 0 })
  })

  test('knows the topologies of the model, and refuses a mesh that cannot be', () => {
    expect(topologyNames).toEqual(topologies)
    const { status, stderr } = grapevine('sim', 'broadcast', '--d', '3')
    expect(status).toBe(2)
    expect(stderr).toContain('nodes × degree is 75, which is odd')
  })
})

test('a terminal sees the curve, with at most so many rows that it fits', () => {
  const options = { ...epidemicDefaults, nodes: 4096, space: { shape: 'ring', exponent: 2 } } as const
  const found = study(epidemicTrial(options), { runs: 1, seed: 1 })
  const lines = epidemicLines({ algorithm: 'anti-entropy', nodes: 4096, found, theory: {}, withCurve: true })
  const curve = lines.slice(lines.indexOf('') + 1)
  expect(curve[0]).toBe('cycle  informed')
  expect(curve.length).toBeGreaterThan(12)
  expect(curve.length).toBeLessThan(28)
  expect(curve.at(-1)).toMatch(new RegExp(`^${found.curve!.length - 1} +4,096 +█{40}$`))
})
