import { spawnSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

// Every check, one after the other, whatever the ones before it said; the tests last, so that the end of the output
// names what failed. Run by .ci/run, which sees to Node, pnpm and the installed workspace; the last line counts the steps.
const steps: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['build', 'pnpm', '--silent', 'run', 'build'],
  ['types', 'pnpm', '--silent', 'run', 'check:types'],
  ['lint', 'pnpm', '--silent', 'run', 'check:lint'],
  ['format', 'pnpm', '--silent', 'run', 'check:format'],
  ['simulation', 'pnpm', '--silent', 'run', 'sim:seeds', '-n', '500'],
  ['unused code', 'pnpm', '--silent', 'run', 'check:unused'],
  ['API reference', 'pnpm', '--silent', 'run', 'api'],
  ['tidy', 'pnpm', '--silent', 'run', 'check:tidy'],
  ['test', 'node', 'scripts/up.mjs', 'test:all'],
]

const root = fileURLToPath(new URL('..', import.meta.url))
const outcomes: string[] = []
let failed = 0
for (const [name, command, ...args] of steps) {
  console.log(`\n== ${name}`)
  const start = performance.now()
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (signal === 'SIGINT' || signal === 'SIGTERM') process.exit(130)
  const ok = status === 0
  if (!ok) failed += 1
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const reason = ok ? '' : ` (${error?.message ?? signal ?? `exit ${status}`})`
  outcomes.push(`${ok ? 'passed' : 'FAILED'}  ${name}, ${seconds} s${reason}`)
}
console.log(`\n${outcomes.join('\n')}`)
console.log(`${steps.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
