import { spawnSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

// node scripts/start-time.ts [ROUNDS]: how long `grapevine --help` takes against `node -e 0`, with the
// same Node, turn by turn. Other work on the machine only ever adds time, so the least of many
// rounds says most; the median tells how busy it was. Needs a build.
const grapevine = fileURLToPath(new URL('../grapevine', import.meta.url))
const rounds = Number(process.argv[2] ?? 50)

const commands = { 'node -e 0': [process.execPath, '-e', '0'], 'grapevine --help': [grapevine, '--help'] } as const
const times = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]))
for (let round = 0; round < rounds; round += 1) {
  for (const [name, [command, ...args]] of Object.entries(commands)) {
    const start = performance.now()
    const { status } = spawnSync(command, args, { stdio: 'ignore' })
    if (status !== 0) throw new Error(`${name} exited with ${status}`)
    times.get(name)?.push(performance.now() - start)
  }
}
const least: number[] = []
for (const [name, each] of times) {
  const sorted = each.toSorted((a, b) => a - b)
  const [min = Number.NaN, median = Number.NaN] = [sorted[0], sorted[Math.floor(rounds / 2)]]
  least.push(min)
  console.log(`${name.padEnd(18)} least ${min.toFixed(1)} ms, median ${median.toFixed(1)} ms`)
}
console.log(`ratio of the least ${((least[1] ?? Number.NaN) / (least[0] ?? Number.NaN)).toFixed(2)}`)
