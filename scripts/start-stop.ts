import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

// node scripts/start-stop.ts [ROUNDS]: starts and stops a node in the background that often (100), and says how long
// `up --detach` and `down` took, and what was left: processes, files in the home, sockets. Needs a build.
const grapevine = fileURLToPath(new URL('../grapevine', import.meta.url))
const rounds = Number(process.argv[2] ?? 100)
const home = mkdtempSync(join(tmpdir(), 'grapevine-cycles-'))
const run = (...args: string[]): number => {
  const start = performance.now()
  execFileSync(grapevine, ['--home', home, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  return performance.now() - start
}
const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
const summary = (times: readonly number[]): string => {
  const sorted = times.toSorted((a, b) => a - b)
  return `least ${sorted[0]?.toFixed(0)} ms, median ${sorted[sorted.length >> 1]?.toFixed(0)} ms, most ${sorted.at(-1)?.toFixed(0)} ms`
}

run('network', 'create', 'cycles')
const ups: number[] = []
const downs: number[] = []
const pids: number[] = []
const files: string[] = []
for (let round = 0; round < rounds; round++) {
  ups.push(run('up', '--detach', '--listen', '/ip4/127.0.0.1/tcp/0'))
  pids.push(Number(readFileSync(join(home, 'pid'), 'utf8')))
  downs.push(run('down'))
  files.push(readdirSync(home).toSorted().join(' '))
}
console.log(`up    ${summary(ups)}\ndown  ${summary(downs)}`)
console.log(
  `processes left ${pids.filter(isAlive).length}, files the same after each stop: ${new Set(files).size === 1}`,
)
console.log(`home: ${files.at(-1)}`)
rmSync(home, { recursive: true })
