/**
 * Compares the mesh model with real processes: nodes of the command line, as built, each in a network namespace, with links
 * that take the time of a plan; and the model with the same connections and the same links. Prints both distributions of how
 * long messages took from when their author sent them to when they came, and the differences. Needs root on Linux.
 *
 *     pnpm build && pnpm sim:calibrate [--nodes 20] [--dials 5] [--latency 40..130|world] [--messages 60] [--meshes 2]
 */
import { cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { Rng } from '@grapevine/sim'
import { worldMap } from '@grapevine/sim/mesh'
import { DeliveryCount } from '@grapevine/sim/report'
import { runModel } from './model.ts'
import { runReal, type Plan } from './real.ts'
import { spreadOf, timeOf } from './spread.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    nodes: { type: 'string', default: '20' },
    dials: { type: 'string', default: '5' },
    latency: { type: 'string', default: '40..130' },
    messages: { type: 'string', default: '60' },
    interval: { type: 'string', default: '300' },
    bytes: { type: 'string', default: '256' },
    meshes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '200' },
    handling: { type: 'string' },
  },
})
const [nodes, dials, messages, meshes] = [values.nodes, values.dials, values.messages, values.meshes].map(Number)
const plan = planOf(new Rng(Number(values.seed)))

const reals = []
for (let mesh = 0; mesh < meshes!; mesh++) {
  reals.push(await runReal(plan))
  console.error(`mesh ${mesh + 1} of ${meshes} measured`)
}
const arrivals = reals.flatMap(({ passages }) => passages.flatMap((passage) => passage.arrivals))
const overheads = arrivals.flatMap(({ node, hop }) => (hop === undefined ? [] : hop.ms - plan.ms[hop.from]![node]!))
const handlingMs = values.handling === undefined ? median(overheads) : Number(values.handling)
const joins = reals.map(({ joinAt }) => joinAt.map((at) => Math.round(at)))
const models = runModel(plan, { handlingMs, joins }, Number(values.seeds))

const counted = new DeliveryCount()
for (const [index, passage] of reals.flatMap(({ passages }) => passages).entries()) {
  counted.publish(index, nodes! - 1)
  for (const { afterMs } of passage.arrivals) counted.deliver(index, afterMs)
}
const expected = reals.length * messages! * (nodes! - 1)
console.log(`${nodes} processes, ${reals.length} meshes, ${messages} messages of ${values.bytes} bytes each, links of
${values.latency} ms one way, ${dials} dialled by each. ${cpus().length} cores, Linux ${release()}, Node ${process.versions.node};
the processes ${reals.every(({ isFirst }) => isFirst) ? 'came before all others' : 'competed with others'}. Delivered: ${arrivals.length} of ${expected}.
A hop takes ${median(overheads)} ms beside the link (median); half of the nodes entered within ${median(joins.flat())} ms. The model has
handlingMs ${handlingMs}, and the nodes enter as they did; ${models.length} seeds, each another mesh.
`)
console.log('| | processes | model, mean | difference | nine of ten meshes |')
console.log('|---|---|---|---|---|')
for (const part of [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1]) {
  const [theirs, ours] = [timeOf(counted.parts, part), spreadOf(models.map(({ parts }) => timeOf(parts, part)))]
  row(
    part === 1 ? 'slowest' : `p${part * 100}`,
    `${theirs.toFixed(0)} ms`,
    `${ours.mean.toFixed(1)} ms`,
    percent(ours.mean, theirs),
    `${ours.least.toFixed(0)} to ${ours.most.toFixed(0)} ms`,
  )
  if ((part === 0.5 || part === 0.99) && Math.abs(ours.mean / theirs - 1) > 0.1) process.exitCode = 1
}
const meanOf = (items: readonly number[]): number => items.reduce((sum, item) => sum + item, 0) / items.length
const realMesh = meanOf(reals.flatMap(({ mesh }) => mesh))
const realCopies = meanOf(arrivals.map(({ copies }) => copies + 1))
compare(
  'neighbours in the mesh',
  realMesh,
  models.map(({ meshSize }) => meshSize.mean),
)
compare(
  'copies for each delivery',
  realCopies,
  models.map(({ copies }) => copies),
)
const ready = reals.flatMap(({ passages }) => passages.map(({ readyMs }) => readyMs))
console.log(
  `\nFrom publish to the first copy sent, signature and disk: ${median(ready)} ms (median); not in these figures.`,
)
function planOf(rng: Rng): Plan {
  const [, min, max] = /^(\d+)\.\.(\d+)$/.exec(values.latency) ?? []
  const places = Array.from({ length: nodes! }, (_, node) => node % worldMap.regions.length)
  const latencyOf = (from: number, to: number): number =>
    min === undefined
      ? worldMap.ms[places[from]!]![places[to]!]!
      : Number(min) + rng.below(Number(max) - Number(min) + 1)
  const ms = Array.from({ length: nodes! }, () => Array.from({ length: nodes! }, () => 0))
  for (let from = 0; from < nodes!; from++)
    for (let to = from + 1; to < nodes!; to++) ms[from]![to] = ms[to]![from] = latencyOf(from, to)
  return {
    dials: dialsOf(rng),
    ms,
    messages: messages!,
    intervalMs: Number(values.interval),
    bytes: Number(values.bytes),
  }
}

function dialsOf(rng: Rng): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = []
  const isThere = (a: number, b: number): boolean =>
    found.some(({ from, to }) => (from === a && to === b) || (from === b && to === a))
  for (let from = 0; from < nodes!; from++) {
    for (let made = 0, tries = 0; made < dials! && tries < 1000; tries++) {
      const to = rng.below(nodes!)
      if (to === from || isThere(from, to)) continue
      found.push({ from, to })
      made++
    }
  }
  return found
}

function median(items: readonly number[]): number {
  return items.toSorted((a, b) => a - b)[items.length >> 1]!
}

function compare(name: string, theirs: number, ours: readonly number[]): void {
  const { mean, least, most } = spreadOf(ours)
  row(name, theirs.toFixed(2), mean.toFixed(2), percent(mean, theirs), `${least.toFixed(2)} to ${most.toFixed(2)}`)
}

function percent(ours: number, theirs: number): string {
  const off = (ours / theirs - 1) * 100
  return `${off < 0 ? '−' : '+'}${Math.abs(off).toFixed(1)} %`
}

function row(...cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}
