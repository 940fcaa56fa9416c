/**
 * How fast and how large the models of packages/sim are, each in turn in this process. Processor time, as a shared machine
 * stretches every clock; the wall's beside it.
 *
 *     pnpm bench:sim [--only push,flood,mesh] [--seed 1]
 */
import { parseArgs } from 'node:util'
import { epidemicDefaults, epidemicTrial, study } from '@grapevine/sim/epidemic'
import { floodMesh, meshNetwork, meshRules, runMesh, scorePresets } from '@grapevine/sim/mesh'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: { only: { type: 'string', default: 'push,flood,mesh' }, seed: { type: 'string', default: '1' } },
})
const only = values.only.split(',')
const seed = Number(values.seed)
const network = { ...meshNetwork, latency: { law: 'uniform', minMs: 40, maxMs: 130 } } as const
const rules = { ...meshRules, d: 8, dLow: 6, dHigh: 12 }

console.log('| what | processor | wall | memory of arrays | |')
console.log('|---|---|---|---|---|')
for (const nodes of only.includes('push') ? [1_000_000, 10_000_000] : []) {
  measure(`push epidemic, ${count(nodes)} nodes`, () => {
    const { values: found, bytes } = study(epidemicTrial({ ...epidemicDefaults, nodes }), { runs: 1, seed })
    const { cycles, calls } = found
    return { bytes, what: `${cycles!.mean} cycles`, events: calls!.mean * nodes, noun: 'calls' }
  })
}
if (only.includes('flood')) {
  measure('one message over a mesh of 1,000,000 nodes, D = 8', () => {
    const { bytes, events, duplicates } = floodMesh({ nodes: 1_000_000, degree: 8, rules, network, messages: 1 }, seed)
    return { bytes, what: `${duplicates.toFixed(6)} duplicates a node`, events, noun: 'events' }
  })
}
if (only.includes('mesh')) {
  measure('300 messages, 10,000 nodes with announcements and scores', () => {
    const times = { warmMs: 10_000, intervalMs: 20, trafficMs: 0, settleMs: 8000 }
    const score = scorePresets.grapevine
    const run = runMesh({ nodes: 10_000, dials: 10, rules, network, score, messages: 300, ...times }, seed)
    return { bytes: run.bytes, what: `${count(run.delivered)} delivered`, events: run.events, noun: 'events' }
  })
}

interface Measured {
  readonly bytes: number
  readonly what: string
  readonly events: number
  readonly noun: string
}

function measure(name: string, run: () => Measured): void {
  const [cpu, wall] = [process.cpuUsage(), performance.now()]
  const { bytes, what, events, noun } = run()
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (user + system) / 1e6
  const rate = `${(events / seconds / 1e6).toFixed(1)} million ${noun} a second`
  const took = ((performance.now() - wall) / 1000).toFixed(2)
  console.log(`| ${name} | ${seconds.toFixed(2)} s | ${took} s | ${(bytes / 1e6).toFixed(1)} MB | ${what}, ${rate} |`)
}

function count(value: number): string {
  return value.toLocaleString('en')
}
