/**
 * Measures queries under virtual time, with the code that nodes run, and prints the tables of docs/state.md: how many members
 * are asked, acknowledge and answer when frames are lost, or nodes keep the answers of others to themselves, and what it costs.
 *
 *     pnpm sim:query [--seed 1] [--times 20]
 */
import { hash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { measureQueries, type QueryFigures } from '@grapevine/sim'

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')
const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: { seed: { type: 'string', default: '1' }, times: { type: 'string', default: '20' } },
})
const [seed, times] = [Number(values.seed), Number(values.times)]
const link = { latencyMs: 20, jitterMs: 30 }

const sizes = [
  { nodes: 50, degree: 6 },
  { nodes: 200, degree: 12 },
  { nodes: 1000, degree: 12 },
]

console.log('| nodes | neighbours | loss | relays | asked | acknowledged | answered | frames a node | bytes a node |')
console.log('|---|---|---|---|---|---|---|---|---|')
for (const size of sizes) {
  for (const loss of [0, 0.1, 0.3]) {
    for (const relays of [0, 1, 2]) {
      const figures = measureQueries({ ...size, seed, sha256, link: { ...link, loss } }, relays, timesOf(size.nodes))
      row(size.nodes, size.degree, `${loss * 100} %`, relays, ...shares(figures))
    }
  }
}

console.log('\n| nodes | neighbours | keep answers to themselves | relays | acknowledged | answered |')
console.log('|---|---|---|---|---|---|')
for (const size of sizes.slice(0, 2)) {
  for (const swallowers of [0.1, 0.2]) {
    for (const relays of [0, 1, 2, 4]) {
      const figures = measureQueries({ ...size, seed, sha256, link, swallowers }, relays, timesOf(size.nodes))
      row(size.nodes, size.degree, `${swallowers * 100} %`, relays, ...shares(figures).slice(1, 3))
    }
  }
}

function timesOf(nodes: number): number {
  return Math.max(2, Math.round((times * 50) / nodes))
}

function shares({ asked, acknowledged, answered, framesPerNode, bytesPerNode }: QueryFigures): string[] {
  const percents = [asked, acknowledged, answered].map((share) => `${(share * 100).toFixed(1)} %`)
  return [...percents, framesPerNode.toFixed(0), Math.round(bytesPerNode).toLocaleString('en')]
}

function row(...cells: readonly (string | number)[]): void {
  console.log(`| ${cells.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)).join(' | ')} |`)
}
