/**
 * Runs the simulator's scenarios over many seeds, each seed one scenario in turn, and says which seeds broke an
 * invariant, with the command that repeats each.
 *
 *     pnpm sim:seeds -n 500 [--from SEED] [--scenario NAME]
 */
import { hash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { invariants, runScenario, scenarios, type GossipResult, type Scenario } from '@grapevine/sim'

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')

/** Every seed is run once; of these many, one is run again and must give the same trace. */
const traceCheckEvery = 8

const { count, from, chosen } = readArguments(process.argv.slice(2))
const start = performance.now()
const sums = { acknowledged: 0, required: 0, delivered: 0, frames: 0 }
let failed = 0
for (let seed = from; seed < from + count; seed++) {
  const scenario = chosen ?? scenarios[seed % scenarios.length]!
  const complaint = examine(scenario, seed)
  if (complaint === undefined) continue
  failed++
  console.log(`FAILED ${scenario.name}, seed ${seed}: ${complaint}`)
  console.log(`  repeat with: pnpm sim:seeds -n 1 --from ${seed} --scenario ${scenario.name}`)
}
const seconds = ((performance.now() - start) / 1000).toFixed(1)
const { acknowledged, required, delivered, frames } = sums
console.log(
  `${acknowledged} publishes acknowledged, ${required} deliveries required, ${delivered} seen, ${frames} frames, ${seconds} s`,
)
console.log(`${count - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** What is wrong with a seed, if anything. */
function examine(scenario: Scenario, seed: number): string | undefined {
  let result: GossipResult
  try {
    result = runScenario(scenario, seed, { sha256 })
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result[name]
    const again =
      seed % traceCheckEvery === 0 || count === 1 ? runScenario(scenario, seed, { sha256 }).trace : undefined
    if (again !== undefined && again !== result.trace) return `trace ${result.trace}, then ${again}`
  } catch (error) {
    return `it threw\n${error instanceof Error ? error.stack : String(error)}`
  }
  if (count === 1) console.log(`${scenario.name}, seed ${seed}: trace ${result.trace}, ${result.lasted} ms`)
  if (result.violation === undefined) return undefined
  const { invariant, host, at, detail } = result.violation
  return `${invariant} (${invariants[invariant]})\n  on ${host} at ${at} ms: ${detail}`
}

function readArguments(args: readonly string[]): { count: number; from: number; chosen: Scenario | undefined } {
  const { values } = parseArgs({
    // pnpm hands a `--` on.
    args: args.filter((argument) => argument !== '--'),
    options: {
      n: { type: 'string', short: 'n', default: '500' },
      from: { type: 'string', default: '1' },
      scenario: { type: 'string' },
    },
  })
  const scenario = scenarios.find(({ name }) => name === values.scenario)
  if (values.scenario !== undefined && scenario === undefined) {
    refuse(`no scenario ${values.scenario}; there are:`, ...scenarios.map(({ name, text }) => `  ${name}: ${text}`))
  }
  return { count: whole('-n', values.n, 1), from: whole('--from', values.from, 0), chosen: scenario }
}

function whole(option: string, text: string, min: number): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < min) refuse(`${option} takes a whole number from ${min}, not ${text}`)
  return value
}

function refuse(...lines: readonly string[]): never {
  console.error(lines.join('\n'))
  process.exit(2)
}
