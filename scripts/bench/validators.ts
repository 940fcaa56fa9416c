/**
 * node --conditions=@grapevine/source scripts/bench/validators.ts [--messages 200000] [--rounds 3]
 *
 * How many messages a second a validator outside of the node judges: messages of 100 bytes through the pipes of a real
 * command, 2,000 waiting for their judgement at a time, as many as one peer may have under check. Languages by turns; the
 * one named `echo` does nothing but answer. Then the same with a command that is killed ten times in the middle.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Message } from '@grapevine/protocol'
import { Validators } from '@grapevine/node/validator'
import { alignTable } from '../main-job/table.ts'

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '200000' }, rounds: { type: 'string', default: '3' } },
})
const count = Number(values.messages)
const windowSize = 2_000
const examples = fileURLToPath(new URL('../../examples/validators', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'grapevine-bench-'))

interface Round {
  readonly rate: number
  readonly micros: number
  readonly accepted: number
  readonly starts: number
}

/** A reading of a sensor; each of its own author, since one of the rules takes one a second. */
function message(sequence: number): Message {
  const author = new Uint8Array(32)
  new DataView(author.buffer).setUint32(0, sequence % 1_000)
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, sequence)
  const text = JSON.stringify({ celsius: 20 + (sequence % 10), parent: null, note: 'x'.repeat(60) })
  const time = 1_700_000_000_000_000 + Math.floor(sequence / 1_000) * 2_000_000
  return { id, topic: 't', author, from: 'peer', epoch: 1, sequence, time, payload: Buffer.from(text) }
}

async function round(command: string, kills: number): Promise<Round> {
  let judge: Parameters<ConstructorParameters<typeof Validators>[0]['judgeBy']>[1]
  const validators = new Validators({
    home,
    self: 'us',
    log: { error: silent, warn: silent, info: silent, debug: silent, trace: silent, wants: () => false },
    timeoutMs: 5_000,
    judgeBy: (_, wanted) => {
      judge = wanted
    },
  })
  validators.set({ topic: 't', command, directory: home })
  await judge!.judge([message(0)])
  let [sent, accepted] = [0, 0]
  const cpu = process.cpuUsage()
  const start = performance.now()
  const one = async (): Promise<void> => {
    while (sent < count) {
      const number = ++sent
      if (kills > 0 && number % Math.ceil(count / (kills + 1)) === 0) {
        const { pid } = validators.view('t')!
        if (pid !== undefined) process.kill(-pid, 'SIGKILL')
      }
      const [judgement] = await judge!.judge([message(number)])
      if (judgement?.verdict === 'accept' && judgement.failed === undefined) accepted++
    }
  }
  await Promise.all(Array.from({ length: windowSize }, one))
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  const { starts } = validators.view('t')!
  await validators.stop()
  return { rate: count / (ms / 1000), micros: (user + system) / count, accepted, starts }
}

/** What judges, as a shell command. */
function commands(): Map<string, string> {
  const found = new Map([
    ['echo (Node.js)', `exec ${process.execPath} ${fileURLToPath(new URL('./echo-validator.ts', import.meta.url))}`],
    ['Python', `exec python3 ${join(examples, 'python/parents.py')}`],
    ['shell with jq', join(examples, 'shell-jq/short.sh')],
  ])
  try {
    cpSync(join(examples, 'go'), join(home, 'go'), { recursive: true })
    execFileSync('go', ['build', '-o', '../celsius', '.'], { cwd: join(home, 'go') })
    found.set('Go', `exec ${join(home, 'celsius')}`)
  } catch {
    console.error('Go is not there')
  }
  return found
}

const silent = (): void => undefined

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

// Nothing else is alive while a command is started again.
const alive = setInterval(() => undefined, 1_000)
try {
  const rounds = new Map<string, Round[]>()
  const all = commands()
  for (let turn = 0; turn < Number(values.rounds); turn++) {
    for (const [name, command] of all) {
      const result = await round(command, 0)
      rounds.set(name, [...(rounds.get(name) ?? []), result])
      console.error(`${name}: ${Math.round(result.rate)} a second`)
    }
  }
  const rows = [...rounds].map(([name, results]) => [
    name,
    Math.round(median(results.map(({ rate }) => rate))).toLocaleString('en'),
    `${median(results.map(({ micros }) => micros)).toFixed(1)} µs`,
    results.every(({ accepted }) => accepted === count) ? 'all' : 'NOT all',
  ])
  const head = ['validator', 'messages a second', 'CPU of the node a message', 'accepted']
  console.log(alignTable([head, ...rows]).join('\n'))
  const killed = await round(all.get('Go') ?? all.get('Python')!, 10)
  console.log(
    `killed ten times: ${Math.round(killed.rate)} a second, ${killed.accepted} of ${count} accepted, started ${killed.starts} times`,
  )
} finally {
  clearInterval(alive)
  rmSync(home, { recursive: true, force: true })
}
