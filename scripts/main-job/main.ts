import { fileURLToPath } from 'node:url'
import { constants } from 'node:os'
import { relative } from 'node:path'
import { loadRealBlock } from './block.ts'
import { faultsOf } from './faults.ts'
import { MainJobError } from './main-job-error.ts'
import { loadPerNode, joins } from './plan.ts'
import { Progress } from './progress.ts'
import { expectedOf, relay, type Outcome } from './relay.ts'
import { RelayNetwork } from './relay-network.ts'
import { describeOutcome } from './result.ts'
import { Tally } from './tally.ts'

// The main job: five nodes in processes of their own pass on a real Bitcoin block, then many small messages. Exit code 0 only
// if each message arrived everywhere and verified.

const timeLimitMs = 60_000
const sayEveryMs = 1_000
const usage = 'usage: npm start -- [--exit]\n\n  --exit  end when the job is done, on a terminal too'

const args = process.argv.slice(2)
if (args.some((arg) => arg !== '--exit')) {
  process.stderr.write(`${usage}\n`)
  process.exit(args.every((arg) => ['--help', '-h', '--exit'].includes(arg)) ? 0 : 2)
}
const staysUp = !args.includes('--exit') && process.stdin.isTTY && process.stdout.isTTY

const aborted = Promise.withResolvers<never>()
aborted.promise.catch(() => undefined)
let signalCode: number | undefined
// Each time, and only the first counts: a second signal must not cut the cleaning up short.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    signalCode ??= 128 + constants.signals[signal]
    aborted.reject(new MainJobError('interrupted', 'interrupted'))
  })
}

process.exitCode = await run()

async function run(): Promise<number> {
  const block = loadRealBlock()
  const tally = new Tally(expectedOf(block))
  const progress = new Progress(process.stderr)
  const messages = (joins.length * loadPerNode).toLocaleString('en')
  say(
    `${joins.length} Grapevine nodes on this machine pass on a real Bitcoin block, then ${messages} small messages.\n`,
  )
  const network = new RelayNetwork({ event: (node, event) => tally.record(node, event), failed: aborted.reject })
  const timer = setTimeout(() => aborted.reject(new MainJobError('time-limit', 'gave up')), timeLimitMs)
  try {
    const outcome = await Promise.race([relay({ network, tally, block, progress }), aborted.promise])
    clearTimeout(timer)
    const faults = faultsOf(tally, outcome)
    say(`\n${describeOutcome(block, tally, outcome)}\n`)
    for (const fault of faults) process.stderr.write(`error: ${fault}\n`)
    sayDelivered(tally)
    if (staysUp) await stayUp(network, outcome)
    return faults.length === 0 ? 0 : 1
  } catch (error) {
    if (!(error instanceof MainJobError)) throw error
    progress.close()
    explain(error, tally)
    sayDelivered(tally)
    return signalCode ?? 1
  } finally {
    clearTimeout(timer)
    await network.stop()
  }
}

/** Leaves the network running until Enter, Ctrl-C or the loss of a node. */
async function stayUp(network: RelayNetwork, { txid }: Outcome): Promise<void> {
  const grapevine = relative(process.cwd(), fileURLToPath(new URL('../../grapevine', import.meta.url)))
  const command = (node: number, rest: string): string => `  ./${grapevine} --home ${network.homeOf(node)} ${rest}`
  const lines = [
    '',
    'The nodes stay up, and one of them publishes a message every second. In another terminal, in this folder, try:',
    '',
    command(0, 'status'),
    command(1, 'sub load'),
    command(2, `why ${txid}`),
    '',
    'Enter or Ctrl-C ends them.',
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
  let turn = 0
  const talk = setInterval(() => {
    const node = network.processes[turn++ % network.processes.length]!
    node.ask('say', { text: `message ${turn} since the job was done, from ${node.name}` }).catch(() => undefined)
  }, sayEveryMs)
  const enter = new Promise((resolve) => process.stdin.once('data', resolve).once('end', resolve))
  try {
    await Promise.race([enter, aborted.promise])
  } catch (error) {
    if (!(error instanceof MainJobError && error.code === 'interrupted')) throw error
  } finally {
    clearInterval(talk)
    process.stdin.destroy()
  }
}

function explain(error: MainJobError, tally: Tally): void {
  const text = error.code === 'time-limit' ? `gave up after ${timeLimitMs / 1000} s` : error.message
  const missing = error.code === 'interrupted' ? [] : tally.missing()
  process.stderr.write(`\n${[`error: ${text}`, ...missing.map((line) => `  ${line}`)].join('\n')}\n`)
}

function sayDelivered(tally: Tally): void {
  say(`delivered ${tally.delivered} of ${tally.deliveredMax} on ${tally.expected.nodes} nodes`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
