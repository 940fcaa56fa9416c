/**
 * pnpm bench [--only a|b|c] [--size 100] [--rounds 3] [--patience 0] [--quick] [--json]
 *
 * Our node beside plain @libp2p/gossipsub, go-libp2p-pubsub and rust-libp2p, each node a process of its own on loopback, all
 * signed: (a) two nodes and a flood, (b) ten nodes and a flood, (c) ten nodes and 100 messages a second. docs/benchmarks.md
 * explains it. `--patience`: seconds that each measurement may wait for others on the machine to be quiet, and be repeated
 * where they were not. Linux only: processor time and memory come from /proc.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { flood, pace, type FloodResult, type PaceResult, type Timing } from './measure.ts'
import { othersMax, untilQuiet } from './quiet.ts'
import { tableOf, type CaseResult } from './report.ts'
import { openSite } from './site.ts'
import { systems, type System } from './system.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'abc' },
    size: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    patience: { type: 'string', default: '0' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

interface Case {
  readonly key: CaseResult['key']
  readonly title: string
  readonly nodes: number
  readonly size: number
  readonly timing: Timing
}

const flooded: Timing = { warmMs: 2_000, measureMs: 4_000 }
/** Ten processes on a few cores take longer to get warm. */
const manyFlooded: Timing = { warmMs: 6_000, measureMs: 10_000 }
const paced: Timing = { warmMs: 10_000, measureMs: 10_000 }
const paceRate = 100
/** go-libp2p-pubsub takes no larger message. */
const goMessageMax = 1 << 20

const cases: readonly Case[] = [
  { key: 'a', title: 'a: two nodes, 100 B', nodes: 2, size: 100, timing: flooded },
  { key: 'a', title: 'a: two nodes, 1 KB', nodes: 2, size: 1_024, timing: flooded },
  // Not 64 KB: rust-libp2p takes RPCs up to 64 KiB, and counts a part of the next one, so that our envelopes end at 60,000.
  { key: 'a', title: 'a: two nodes, 56 KB', nodes: 2, size: 56_000, timing: flooded },
  { key: 'b', title: 'b: ten nodes, 100 B', nodes: 10, size: 100, timing: manyFlooded },
  { key: 'c', title: `c: ten nodes, 100 B, ${paceRate}/s`, nodes: 10, size: 100, timing: paced },
]

/** The same mechanics in a few minutes; its figures say little. */
const shortened = ({ warmMs, measureMs }: Timing): Timing => ({ warmMs: warmMs / 4, measureMs: measureMs / 4 })

const note = (text: string): void => console.error(text)
const rounds = values.quick ? 1 : Number(values.rounds)
const list = await systems((reason) => note(`left out: ${reason}`))
const versions: Record<string, string> = {}
const results: CaseResult[] = []
const load = [loadavg()[0]!]

for (const todo of cases) {
  if (!values.only.includes(todo.key) || (values.size !== undefined && Number(values.size) !== todo.size)) continue
  const timing = values.quick ? shortened(todo.timing) : todo.timing
  // At a hundred a second a batch is a message.
  const takePart = list.filter(({ pack }) => pack === 1 || (todo.key !== 'c' && pack * todo.size < goMessageMax))
  const found: Record<string, (FloodResult | PaceResult)[]> = Object.fromEntries(takePart.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const system of takePart) {
      const result = await measureInPeace(system, { ...todo, timing })
      found[system.name]!.push(result)
      const figure = 'rate' in result ? `${Math.round(result.rate)}/s` : `p50 ${result.p50.toFixed(1)} ms`
      const others = `others ${(result.others * 100).toFixed(0)} %`
      note(`${todo.title}, round ${round} of ${rounds}: ${system.name} ${figure}, ${others}`)
    }
  }
  load.push(loadavg()[0]!)
  results.push({ key: todo.key, title: todo.title, rounds: found })
}

const date = new Date().toISOString().slice(0, 10)
const machine = { cores: availableParallelism(), node: process.version, load }
if (values.json) console.log(JSON.stringify({ date, rounds, machine, versions, cases: results }, undefined, 2))
else {
  for (const result of results) console.log(`${tableOf(result)}\n`)
  for (const [name, version] of Object.entries(versions)) console.log(`  ${name}: ${version}`)
  const loads = load.map((of) => of.toFixed(1)).join(', ')
  console.log(`  ${date}, ${machine.cores} cores, Node ${machine.node}, load before and after each: ${loads}`)
}

/** The first measurement that nobody disturbs, or the one that was disturbed least. */
async function measureInPeace(system: System, todo: Case): Promise<FloodResult | PaceResult> {
  const deadline = performance.now() + Number(values.patience) * 1000
  let best: FloodResult | PaceResult | undefined
  do {
    await untilQuiet(deadline)
    const result = await measure(system, todo)
    if (best === undefined || result.others < best.others) best = result
  } while (best.others > othersMax && performance.now() < deadline)
  return best
}

async function measure(system: System, { key, nodes, size, timing }: Case): Promise<FloodResult | PaceResult> {
  const folder = mkdtempSync(join(tmpdir(), 'grapevine-bench-'))
  try {
    const site = await openSite(nodes, system.commands(folder))
    try {
      versions[system.name] = site.publisher.versions
      return key === 'c' ? await pace(site, { ...timing, size, rate: paceRate }) : await flood(site, size, timing)
    } finally {
      await site.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
