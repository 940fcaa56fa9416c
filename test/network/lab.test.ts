import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { until } from '../site.ts'
import { Lab, labMissing } from '@grapevine/node/lab'

const datagrams = fileURLToPath(new URL('./datagrams.ts', import.meta.url))
const holder = fileURLToPath(new URL('./lab-holder.ts', import.meta.url))

const missing = await labMissing()
if (missing !== undefined) console.log(`tests in a lab are skipped: ${missing}`)

/** Runs the program of the tests in a node, to its end. */
async function runIn(lab: Lab, node: number, ...args: string[]): Promise<string> {
  const child = lab.spawn(node, process.execPath, [datagrams, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  return text(child.stdout!)
}

/** Starts in a node what datagrams go to: an echo, or what takes them silently. */
async function listen(lab: Lab, node: number, mode: 'echo' | 'sink' = 'echo'): Promise<void> {
  const child = lab.spawn(node, process.execPath, [datagrams, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout!, 'data')
}

const ask = async (lab: Lab, node: number, host: string, count: number): Promise<number[]> =>
  JSON.parse(await runIn(lab, node, 'ask', host, String(count))) as number[]

describe.skipIf(missing !== undefined)('a lab', () => {
  test('gives nodes a host name, and the names of the others', async () => {
    await using lab = await Lab.open([{}, { name: 'far', addresses: ['172.16.0.9', '172.16.0.10'] }])
    const [name] = await once(lab.spawn(1, 'hostname', [], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout!, 'data')
    expect(String(name)).toBe('far\n')
    await listen(lab, 1)
    expect(await ask(lab, 0, 'far', 1)).toHaveLength(1)
    expect(await ask(lab, 0, '172.16.0.10', 1)).toHaveLength(1)
  })

  test('delays what goes over a link, both ways or one', async () => {
    await using lab = await Lab.open(3)
    await listen(lab, 0)
    await lab.link({ delayMs: 40 }, [0, 1])
    await lab.link({ delayMs: 70 }, { from: 0, to: 2 })
    expect(Math.min(...(await ask(lab, 1, 'node0', 5)))).toBeGreaterThanOrEqual(80)
    expect(Math.min(...(await ask(lab, 2, 'node0', 5)))).toBeGreaterThanOrEqual(70)
  })

  test('loses the share of packets that it is told to', async () => {
    await using lab = await Lab.open(2)
    await listen(lab, 1, 'sink')
    await lab.link({ loss: 0.3 })
    // A thousand at a standard deviation of 14.5: wrong once in a billion runs.
    await runIn(lab, 0, 'send', 'node1', '1000')
    const { lost } = await until(
      () => lab.counts(),
      (counts) => counts.forwarded + counts.lost >= 1_000,
    )
    expect(lost).toBeGreaterThan(210)
    expect(lost).toBeLessThan(390)
  })

  test('holds packets back to a rate, and drops what would wait longer than a second', async () => {
    await using lab = await Lab.open(2)
    await listen(lab, 1, 'sink')
    await lab.link({ bytesPerSecond: 20_000 }, { from: 0, to: 1 })
    const start = performance.now()
    await runIn(lab, 0, 'send', 'node1', '40', '972')
    const { forwarded, bytes } = await until(
      () => lab.counts(),
      (counts) => counts.forwarded + counts.overflowed >= 40,
    )
    expect(bytes).toBe(forwarded * 1_000)
    expect(forwarded).toBeGreaterThanOrEqual(20)
    expect(bytes / (performance.now() - start)).toBeLessThanOrEqual(20)
  })

  test('lets nothing pass between the groups of a partition until it heals', async () => {
    await using lab = await Lab.open(4)
    await listen(lab, 0)
    await lab.partition([
      [0, 1],
      [2, 3],
    ])
    expect(await ask(lab, 1, 'node0', 2)).toHaveLength(2)
    const { forwarded } = await lab.counts()
    await runIn(lab, 2, 'send', 'node0', '10')
    await runIn(lab, 3, 'send', 'node2', '10')
    const counts = await until(
      () => lab.counts(),
      ({ cut }) => cut >= 10,
    )
    expect(counts).toMatchObject({ cut: 10 })
    expect(counts.forwarded).toBeGreaterThan(forwarded)
    await lab.heal()
    expect(await ask(lab, 2, 'node0', 1)).toHaveLength(1)
  })

  test('is gone with all that runs in it when it closes, and two do not meet', async () => {
    const [one, other] = await Promise.all([Lab.open(2), Lab.open(2)])
    onTestFinished(() => other.close())
    for (const lab of [one, other]) await listen(lab, 1)
    await other.partition([[0], [1]])
    expect(await ask(one, 0, 'node1', 1)).toHaveLength(1)
    const child = one.spawn(0, 'sleep', ['1000'])
    const end = once(child, 'exit')
    await one.close()
    expect(await end).toEqual([null, 'SIGKILL'])
    expect(() => one.spawn(0, 'true')).toThrow('closed')
    await other.heal()
    expect(await ask(other, 0, 'node1', 1)).toHaveLength(1)
  })

  test('is gone with all that runs in it when its process crashes', async () => {
    const child = spawn(process.execPath, ['--conditions=@grapevine/source', holder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const pid = Number(line)
    expect(existsSync(`/proc/${pid}`)).toBe(true)
    child.kill('SIGKILL')
    await until(
      () => existsSync(`/proc/${pid}`),
      (isThere) => !isThere,
    )
  })
})
