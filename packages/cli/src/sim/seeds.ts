import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { setImmediate as turn } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { note, plural, print, printJson, printJsonLine, styled } from '../output.ts'
import { progress } from './progress.ts'
import { quoted } from './repeat.ts'
import { isBuiltIn, seedTrial, type SeedResult } from './seed-trial.ts'

/** What `sim seeds` was called with. */
export interface SeedsChoice {
  readonly count: number
  readonly from: number
  readonly nodes?: number | undefined
  readonly set?: readonly string[] | undefined
  /** Processes; absent: one for each core. */
  readonly jobs?: number | undefined
  /** Go on after a seed that failed, in place of ending at the first, in the order of the seeds. */
  readonly all?: true | undefined
  /** This is one of the processes: tries each so many-th seed. */
  readonly worker?: number | undefined
}

/** Runs `sim seeds`; exit code 1 if an invariant did not hold. Errors `usage`. */
export async function simulateSeeds(scenario: string, choice: SeedsChoice, context: Context): Promise<void> {
  // What is wrong with the file is said once.
  const trial = await seedTrial(scenario, choice)
  const { count, from, worker } = choice
  if (worker !== undefined) {
    for (let seed = from; seed < from + count; seed += worker) {
      await printJsonLine(trial(seed))
      // Output leaves between turns of the event loop, and whoever waits for it may end this process.
      await turn()
    }
    return
  }
  const start = performance.now()
  const { results, failed } = await tryAll(scenario, choice, context)
  const virtualMs = results.reduce((sum, { lastedMs }) => sum + lastedMs, 0)
  if (failed.length > 0) process.exitCode = 1
  if (context.json) {
    const failures = failed.map((result) => ({ ...result, repeat: repeatOf(scenario, choice, result.seed) }))
    return printJson({ scenario, from, tried: results.length, virtualMs: Math.round(virtualMs), failed: failures })
  }
  const ranMs = performance.now() - start
  await print(`${results.length - failed.length} of ${plural(results.length, 'seed')} passed`)
  if (results.length < count)
    note(`${plural(count - results.length, 'seed')} not tried: --all goes on after one that failed`)
  note(
    `${(ranMs / 1000).toFixed(1)} s for ${(virtualMs / 1000).toFixed(0)} s of virtual time, ${(virtualMs / ranMs).toFixed(1)} times as fast as real`,
  )
}

/** Tries seeds in processes of their own, and tells of those that fail, in their order, however fast each process is. */
async function tryAll(
  scenario: string,
  choice: SeedsChoice,
  { json }: Context,
): Promise<{ results: SeedResult[]; failed: SeedResult[] }> {
  const { count, from, jobs = availableParallelism() } = choice
  const workers = Math.min(jobs, count)
  const results: SeedResult[] = []
  const waiting: SeedResult[] = []
  const failed: SeedResult[] = []
  /** The seed that each process tries. */
  const next = Array.from({ length: workers }, (_, index) => from + index)
  const tell = progress({ noun: 'seed', total: count })
  const children: ChildProcess[] = []
  let isStopped = false
  /** Tells of failures before which nothing is open any more. */
  const settle = async (): Promise<void> => {
    const open = Math.min(...next)
    const settled = waiting.filter(({ seed }) => seed < open).toSorted(bySeed)
    if (settled.length === 0) return
    isStopped = choice.all !== true
    if (isStopped) for (const child of children) child.kill()
    const told = isStopped ? settled.slice(0, 1) : settled
    for (const result of told) waiting.splice(waiting.indexOf(result), 1)
    failed.push(...told)
    const lines = told.flatMap((result) => linesOf(result, repeatOf(scenario, choice, result.seed)))
    if (!json) await print(lines.join('\n'))
  }
  const read = async (child: ChildProcess, index: number): Promise<void> => {
    const closed = once(child, 'close')
    for await (const line of createInterface({ input: child.stdout! })) {
      if (isStopped) continue
      const result = JSON.parse(line) as SeedResult
      results.push(result)
      tell(results.length)
      if (result.failed !== undefined) waiting.push(result)
      const following = result.seed + workers
      next[index] = following < from + count ? following : Infinity
      await settle()
    }
    const [code] = (await closed) as [number | null]
    if (code !== 0 && !isStopped) throw new Error(`a process that tried seeds ended with ${code}`)
  }
  for (let index = 0; index < workers; index++)
    children.push(startWorker(scenario, choice, { index, workers, count, from }))
  await Promise.all(children.map(read))
  tell(count)
  const last = isStopped ? failed[0]!.seed : Infinity
  return { results: results.filter(({ seed }) => seed <= last), failed }
}

const bySeed = (a: SeedResult, b: SeedResult): number => a.seed - b.seed

function startWorker(
  scenario: string,
  { nodes, set = [] }: SeedsChoice,
  { index, workers, count, from }: { index: number; workers: number; count: number; from: number },
): ChildProcess {
  const args = ['sim', 'seeds', scenario, '-n', String(count - index), '--from', String(from + index)]
  if (nodes !== undefined) args.push('--nodes', String(nodes))
  for (const each of set) args.push('--set', each)
  args.push('--worker', String(workers))
  return spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

const linesOf = ({ seed, failed = [] }: SeedResult, repeat: string): string[] => [
  styled('red', `FAILED seed ${seed}: ${failed[0]}`),
  ...failed.slice(1).map((line) => `  ${line}`),
  `  repeat with: ${repeat}`,
]

/** The command that repeats one seed. */
function repeatOf(scenario: string, { nodes, set = [] }: SeedsChoice, seed: number): string {
  if (isBuiltIn(scenario)) return `grapevine sim seeds ${scenario} -n 1 --from ${seed}`
  const fields = set.map((each) => ` --set ${quoted(each)}`).join('')
  return `grapevine sim run ${quoted(scenario)}${nodes === undefined ? '' : ` --nodes ${nodes}`}${fields} --seed ${seed}`
}
