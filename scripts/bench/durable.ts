/**
 * node --conditions=@grapevine/source scripts/bench/durable.ts [--messages 1000000] [--rounds 3]
 *
 * What a real node process does with a lossless topic: messages of 100 bytes a second that are acknowledged after they
 * are on disk, through `pub --lines` and through the control API; then how soon a node with all of them is ready after
 * its start, and how much more memory it takes than one with an empty store, by turns. Needs a build.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Members, type Member } from '../../test/reliability/member.ts'
import { storedIn } from '../../test/reliability/stored.ts'
import { alignTable } from '../main-job/table.ts'

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } },
})
const total = Number(values.messages)
/** Through each of the ways in one round; what is missing to the total follows. */
const share = Math.floor(total / (2 * Number(values.rounds)))
const topic = 'durable'
/** Clock ticks a second of /proc: 100 on Linux, whatever the kernel was built with. */
const ticks = 100

interface Rate {
  readonly perSecond: number
  /** Processor time of the node for each message, in µs, of all its threads. */
  readonly micros: number
}

interface Start {
  readonly readyMs: number
  /** Processor time until then, in ms, of all threads. */
  readonly cpuMs: number
  /** At rest, in bytes. */
  readonly memory: number
}

/** A node builds its sketches after it is ready; memory is that of one at rest. */
const restMs = 15_000
const bundle = fileURLToPath(new URL('../../packages/cli/dist/bundle/main.js', import.meta.url))

await using members = await Members.open({ count: 0 })
const full = await members.add()
await full.start()
const [byCommand, byApi]: [Rate[], Rate[]] = [[], []]
for (let round = 0; round < Number(values.rounds); round++) {
  byCommand.push(await publishByCommand(full, share, `c${round}`))
  byApi.push(await publishByApi(full, share, `a${round}`))
}
await full.stop()
const { count } = await storedIn(full.home, topic)
const size = statSync(join(full.home, 'store.sqlite')).size

const empty = await members.add()
const starts = new Map<Member, Start[]>([full, empty].map((member) => [member, []]))
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [member, of] of starts) of.push(await startAndStop(member))
}
const thousands = (number: number): string => Math.round(number).toLocaleString('en')
const list = <Value>(of: readonly Value[], text: (value: Value) => string): string => of.map(text).join(', ')
const rates = (of: readonly Rate[]): string[] => [
  list(of, ({ perSecond }) => thousands(perSecond)),
  list(of, ({ micros }) => micros.toFixed(1)),
]
const figures = (member: Member): string[] => [
  list(starts.get(member)!, ({ readyMs }) => (readyMs / 1_000).toFixed(2)),
  list(starts.get(member)!, ({ cpuMs }) => (cpuMs / 1_000).toFixed(2)),
  list(starts.get(member)!, ({ memory }) => (memory / 1e6).toFixed(0)),
]
console.log(
  alignTable([
    [`100 B, durable, ${thousands(share)} at a time`, 'messages a second', 'CPU of the node, µs each'],
    ['pub --lines', ...rates(byCommand)],
    ['control API', ...rates(byApi)],
  ]).join('\n'),
)
console.log()
console.log(
  alignTable([
    ['', 'ready after s', 'CPU until then, s', 'memory at rest, MB'],
    [`${thousands(count)} messages, ${thousands(size / 1e6)} MB`, ...figures(full)],
    ['none', ...figures(empty)],
  ]).join('\n'),
)

async function startAndStop(member: Member): Promise<Start> {
  const before = performance.now()
  await member.start()
  const readyMs = performance.now() - before
  const cpuMs = cpuMsOf(member.pid!)
  await sleep(restMs)
  const memory = residentOf(member.pid!)
  await member.stop()
  return { readyMs, cpuMs, memory }
}

function textOf(name: string, number: number): string {
  return `${name} ${number} `.padEnd(100, '.')
}

async function publishByCommand(member: Member, messages: number, name: string): Promise<Rate> {
  const path = join(members.directory, `lines-${name}`)
  const file = createWriteStream(path)
  for (let number = 0; number < messages; number++) {
    if (!file.write(`${textOf(name, number)}\n`)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
  const args = [bundle, '--home', member.home, 'pub', topic, '-', '--lines']
  const measured = measure(member, messages)
  const child = spawn(process.execPath, args, { stdio: [openSync(path, 'r'), openSync(`${path}.ids`, 'w'), 'inherit'] })
  const [code] = (await once(child, 'exit')) as [number | null]
  const rate = measured()
  const ids = new Set(readFileSync(`${path}.ids`, 'utf8').trim().split('\n'))
  if (code !== 0 || ids.size !== messages) throw new Error(`pub ended with ${code} after ${ids.size} ids`)
  return rate
}

async function publishByApi(member: Member, messages: number, name: string): Promise<Rate> {
  const texts = Array.from({ length: messages }, (_, number) => textOf(name, number))
  const measured = measure(member, messages)
  const ids = await member.publish(topic, texts)
  const rate = measured()
  if (ids.length !== messages) throw new Error(`${ids.length} of ${messages} were acknowledged`)
  return rate
}

function measure(member: Member, messages: number): () => Rate {
  const [start, cpu] = [performance.now(), cpuMsOf(member.pid!)]
  return () => ({
    perSecond: (messages * 1_000) / (performance.now() - start),
    micros: ((cpuMsOf(member.pid!) - cpu) * 1_000) / messages,
  })
}

/** Processor time of a process, user and system. */
function cpuMsOf(pid: number): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
    .slice(11, 13)
  return ((Number(user) + Number(system)) * 1_000) / ticks
}

function residentOf(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kilobytes) * 1_024
}
