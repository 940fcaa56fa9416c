/**
 * Measures how good estimates of round trips are, with the code that nodes run, over the latencies of eight regions, and prints
 * the table of docs/state.md.
 *
 *     pnpm sim:rtt [--nodes 10,100,1000] [--seed 1] [--rounds 30,100,300,1000] [--liars 0,0.1,0.2]
 */
import { parseArgs } from 'node:util'
import { measureCoordinates } from '@grapevine/sim'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    nodes: { type: 'string', default: '10,100,1000' },
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '30,100,300,1000' },
    liars: { type: 'string', default: '0' },
  },
})
const numbers = (text: string): number[] => text.split(',').map(Number)

console.log('| nodes | liars | rounds | median error | p90 | from what is written: median | p90 | writes a node |')
console.log('|---|---|---|---|---|---|---|---|')
for (const nodes of numbers(values.nodes)) {
  for (const liars of numbers(values.liars)) {
    const rounds = numbers(values.rounds)
    for (const found of measureCoordinates({ nodes, seed: Number(values.seed), rounds, liars })) {
      const { median, p90, writtenMedian, writtenP90 } = found
      const parts = [median, p90, writtenMedian, writtenP90].map(percent)
      const cells = [nodes.toLocaleString('en'), percent(liars), found.rounds.toLocaleString('en'), ...parts]
      console.log(`| ${[...cells, found.writes.toFixed(1)].join(' | ')} |`)
    }
  }
}

function percent(part: number): string {
  return Number.isNaN(part) ? '–' : `${(100 * part).toFixed(part > 0 && part < 0.1 ? 1 : 0)} %`
}
