/**
 * node --conditions=@grapevine/source scripts/soak/main.ts [--minutes 60] [--nodes 5] [--rate 200] [--out FOLDER]
 *
 * Runs real nodes of the built command line in a ring with chords, publishes at a steady rate from all of them, reads on
 * all of them, and records memory and file descriptors of each process every ten seconds. Ends with a table, and with
 * `soak.json` and `soak.svg` in the folder. Exit 1 if a message was lost or came twice.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { alignTable } from '../main-job/table.ts'
import { plotSamples } from './plot.ts'
import { SoakNode, type Sample } from './soak-node.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    nodes: { type: 'string', default: '5' },
    rate: { type: 'string', default: '200' },
    out: { type: 'string', default: 'docs/soak' },
  },
})
const minutes = Number(values.minutes)
const count = Number(values.nodes)
const rate = Number(values.rate)
const sampleMs = Math.min(10_000, minutes * 1_000)

const directory = mkdtempSync(join(tmpdir(), 'grapevine-soak-'))
const nodes: SoakNode[] = []
const stop = async (): Promise<void> => {
  await Promise.all(nodes.map((node) => node.stop()))
  rmSync(directory, { recursive: true, force: true })
}
process.once('SIGINT', () => void stop().then(() => process.exit(130)))

for (let index = 0; index < count; index++) {
  const tickets = [nodes[index - 1], nodes[index - 2]].filter((node) => node !== undefined)
  nodes.push(
    await SoakNode.start(
      join(directory, `node${index}`),
      tickets.map((node) => node.ticket),
    ),
  )
}
for (const node of nodes) await node.read(count)

console.log(`${count} nodes, ${rate} messages a second in all, ${minutes} minutes`)
const startedAt = performance.now()
const until = startedAt + minutes * 60_000
const samples: Sample[][] = nodes.map(() => [])
const sampler = setInterval(() => {
  const minute = (performance.now() - startedAt) / 60_000
  for (const [index, node] of nodes.entries()) samples[index]!.push(node.sample(minute))
  const last = samples.map((of) => of.at(-1)!)
  console.log(
    `${minute.toFixed(1)} min: ${last.map(({ memory }) => `${(memory / 1e6).toFixed(0)} MB`).join('  ')}, ` +
      `${last.map(({ files }) => files).join('/')} files, ${nodes.map((node) => node.delivered).join('/')} delivered`,
  )
}, sampleMs)
const published = await Promise.all(nodes.map((node, index) => node.publish(index, rate / count, until)))
const total = published.reduce((sum, of) => sum + of, 0)
const deadline = performance.now() + 30_000
while (nodes.some((node) => node.delivered < total) && performance.now() < deadline) {
  await new Promise((resolve) => setTimeout(resolve, 50))
}
clearInterval(sampler)

const rows = nodes.map((node, index) => {
  // The first quarter is warm-up: caches fill, V8 finds its heap size.
  const steady = samples[index]!.filter(({ minute }) => minute > minutes / 4)
  const slope = slopeOf(steady) * 60
  const memory = steady.map((sample) => sample.memory / 1e6)
  return {
    node: index + 1,
    published: published[index]!,
    delivered: node.delivered,
    twice: node.repeated,
    gaps: node.gaps,
    memoryMin: Math.round(Math.min(...memory)),
    memoryMax: Math.round(Math.max(...memory)),
    slopeMbPerHour: Math.round(slope * 100) / 100,
    files: [...new Set(steady.map(({ files }) => files))].join('/'),
  }
})
const table = [
  ['', 'published', 'delivered', 'twice', 'gaps', 'MB least', 'MB most', 'MB/hour', 'files'],
  ...rows.map((row) => [
    `node ${row.node}`,
    row.published,
    row.delivered,
    row.twice,
    row.gaps,
    row.memoryMin,
    row.memoryMax,
    row.slopeMbPerHour,
    row.files,
  ]),
]
console.log(alignTable(table).join('\n'))
const machine = `${cpus().length} × ${cpus()[0]!.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
writeFileSync(join(values.out, 'soak.json'), JSON.stringify({ minutes, rate, total, machine, rows, samples }) + '\n')
writeFileSync(join(values.out, 'soak.svg'), plotSamples(samples, `${count} nodes, ${rate} messages/s: resident memory`))
await stop()
const isWhole = rows.every((row) => row.delivered === total && row.twice === 0 && row.gaps === 0)
console.log(
  isWhole
    ? `all ${total} messages on all ${count} nodes, each once`
    : `of ${total} messages not all arrived once everywhere`,
)
process.exitCode = isWhole ? 0 : 1

/** Least-squares slope of resident memory, in MB per minute. */
function slopeOf(of: readonly Sample[]): number {
  const x = of.map(({ minute }) => minute)
  const y = of.map(({ memory }) => memory / 1e6)
  const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length
  const [meanX, meanY] = [mean(x), mean(y)]
  const covariance = x.reduce((sum, value, index) => sum + (value - meanX) * (y[index]! - meanY), 0)
  return covariance / x.reduce((sum, value) => sum + (value - meanX) ** 2, 0)
}
