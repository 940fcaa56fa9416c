/**
 * Measures replicated state and membership under virtual time, with the code that nodes run, and prints the tables of
 * docs/state.md: how fast news spreads, how fast a crash is noticed, what is wrongly called failed, and the traffic.
 *
 *     pnpm sim:state [--nodes 10,100] [--seed 1] [--seconds 600] [--only spread,detection,quiet,rest] [--loss 0,0.1,0.3]
 *
 * 1,000 nodes take minutes and 2.5 GB; 10,000 are measured for `spread`, with state and without members, and for `rest`: what
 * a node sends where nothing happens, measured between 40 that hold the state of all.
 */
import { hash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { measureDetection, measureQuiet, measureRest, measureSpread, type StateWorldOptions } from '@grapevine/sim'

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')
const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    nodes: { type: 'string', default: '10,100' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '600' },
    only: { type: 'string', default: 'spread,detection,quiet' },
    loss: { type: 'string', default: '0,0.1,0.3' },
  },
})
const sizes = values.nodes.split(',').map((text) => whole('--nodes', text, 2))
const seed = whole('--seed', values.seed, 0)
const seconds = whole('--seconds', values.seconds, 1)
const only = values.only.split(',')
const losses = values.loss.split(',').map(Number)
/** Above this, a node knows no members: each of n would hold n. */
const membersMax = 3000

const optionsOf = (nodes: number, loss = 0): StateWorldOptions => ({
  nodes,
  seed,
  sha256,
  link: { latencyMs: 20, jitterMs: 30, loss },
  role: nodes > membersMax ? 'silent' : 'member',
})

if (only.includes('spread')) {
  console.log('| nodes | log2 n + ln n | rounds, one a second | time, as it is | half of the nodes | bytes a node |')
  console.log('|---|---|---|---|---|---|')
  for (const nodes of sizes) {
    const times = nodes > 500 ? 3 : 10
    const plain = measureSpread({ ...optionsOf(nodes), rounds: { extraRoundsMax: 0 } }, times)
    const hot = measureSpread(optionsOf(nodes), times)
    const theory = (Math.log2(nodes) + Math.log(nodes)).toFixed(1)
    row(
      nodes,
      theory,
      inSeconds(plain.lastMs),
      `${inSeconds(hot.lastMs)} s`,
      `${inSeconds(hot.medianMs)} s`,
      hot.bytesPerNode,
    )
  }
}
const small = sizes.filter((nodes) => nodes <= membersMax)
if (only.includes('detection')) {
  console.log('\n| nodes | loss | median | p99 | slowest | seen by |')
  console.log('|---|---|---|---|---|---|')
  for (const nodes of small) {
    for (const loss of losses) {
      const found = measureDetection(optionsOf(nodes, loss), Math.min(nodes > 500 ? 2 : 10, Math.floor(nodes / 4)))
      const times = [found.medianMs, found.p99Ms, found.maxMs].map((ms) => `${inSeconds(ms)} s`)
      row(nodes, percent(loss), ...times, `${found.seen} of ${found.expected}`)
    }
  }
}
if (only.includes('quiet')) {
  console.log(
    '\n| nodes | loss | frozen 5 s | node-hours | called failed | of them frozen | called suspect | bytes a node and second |',
  )
  console.log('|---|---|---|---|---|---|---|---|')
  for (const nodes of small) {
    for (const [loss, freezeMs] of [
      [0, 0],
      [0.1, 0],
      [0.3, 0],
      [0, 5000],
      [0.1, 5000],
    ] as const) {
      if (!losses.includes(loss)) continue
      const quiet = measureQuiet(optionsOf(nodes, loss), { ms: seconds * 1000, freezeMs })
      const { nodeHours, failed, failedFrozen, suspect, bytesPerNodeSecond } = quiet
      const isFrozen = freezeMs > 0 ? 'one at a time' : 'none'
      row(
        nodes,
        percent(loss),
        isFrozen,
        nodeHours.toFixed(1),
        failed + failedFrozen,
        failedFrozen,
        suspect,
        bytesPerNodeSecond,
      )
    }
  }
}

if (only.includes('rest')) {
  console.log('\n| nodes | bytes a node and second |')
  console.log('|---|---|')
  for (const nodes of sizes) row(nodes, measureRest(optionsOf(nodes)))
}

function row(...cells: readonly (string | number)[]): void {
  const texts = cells.map((cell) => (typeof cell === 'number' ? Math.round(cell).toLocaleString('en') : cell))
  console.log(`| ${texts.join(' | ')} |`)
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}

function whole(option: string, text: string, min: number): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < min) {
    console.error(`${option} takes whole numbers from ${min}, not ${text}`)
    process.exit(2)
  }
  return value
}
