import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { statSync, unwatchFile, watchFile } from 'node:fs'
import { resolve } from 'node:path'
import type { ValidatorFault } from '@grapevine/protocol'
import type { PartLog } from '../log/log.ts'
import type { ExternalJudge } from './external-judge.ts'
import type { ValidatorSettings } from './settings.ts'
import type { Speaker } from './speaker.ts'

/** What running a command needs. */
export interface CommandRunnerOptions {
  readonly settings: ValidatorSettings & { readonly command: string }
  readonly home: string
  readonly judge: ExternalJudge
  readonly log: PartLog
}

/** Before a command that ended is started again, in ms: each time twice as long, until one has answered. */
const restartMs = { first: 100, max: 10_000 }
/** How often its files are looked at, in ms. */
const watchMs = 500
/** After its input ended, before it is told to end, and before it is made to. */
const termMs = 1_000
const killMs = 1_000

/** From the end of its output to its own, at most. */
const closedMs = 250

/** Every group of processes that is to end with this one. */
const groups = new Set<number>()
const endGroups = (): void => {
  for (const pid of groups) signalGroup(pid, 'SIGKILL')
}

/**
 * Keeps the command of a validator running: starts it again when it ends, with growing pauses, and beside the one that
 * runs when one of its files changes. Its processes end with the node; if that is killed, their input ends.
 */
export class CommandRunner {
  readonly #options: CommandRunnerOptions
  readonly #files: readonly string[]
  #child: ChildProcessWithoutNullStreams | undefined
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  starts = 0

  constructor(options: CommandRunnerOptions) {
    this.#options = options
    this.#files = filesOf(options.settings)
    for (const file of this.#files) watchFile(file, { interval: watchMs, persistent: false }, this.#onChange)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    const { settings, judge, home, log } = this.#options
    const { topic, command, directory = home } = settings
    clearTimeout(this.#timer)
    this.starts++
    const child = spawn('/bin/sh', ['-c', command], {
      cwd: directory,
      // A group of its own: the shell’s children end with it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, GRAPEVINE_TOPIC: topic, GRAPEVINE_HOME: home },
    })
    const { pid } = child
    if (pid !== undefined) groups.add(pid)
    if (process.listeners('exit').every((listener) => listener !== endGroups)) process.on('exit', endGroups)
    this.#child = child
    let said = ''
    let speaker: Speaker | undefined = undefined
    const fail = (fault: ValidatorFault, detail: string): void => {
      const last = said.trim().split('\n').at(-1)?.slice(0, 200) ?? ''
      speaker?.fault(fault, last === '' ? detail : `${detail}; it said: ${last}`)
    }
    child.on('error', (error) => fail('start', error.message))
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined)
    child.stdin.on('drain', () => judge.resume())
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-1_024)
      log.debug('a validator says', { topic, said: chunk.toString().slice(0, 1_024) })
    })
    child.stdout.on('data', (chunk: Buffer) => speaker?.hear(chunk, performance.now()))
    // As a rule because it ended, which is told as such.
    child.stdout.on('end', () => setTimeout(() => fail('closed', 'it closed its output'), closedMs).unref())
    child.on('exit', () => {
      if (pid === undefined) return
      signalGroup(pid, 'SIGKILL')
      groups.delete(pid)
    })
    // What it said before is read by now.
    child.on('close', (code, signal) => {
      if (this.#child === child) this.#child = undefined
      fail(speaker!.answered > 0 ? 'exit' : 'start', signal ?? `exit code ${code}`)
    })
    speaker = judge.attach({
      write: (text) => void child.stdin.write(text),
      get isFull() {
        return child.stdin.writableNeedDrain
      },
      end: () => endGently(child),
      kill: () => void (pid !== undefined && groups.has(pid) && signalGroup(pid, 'SIGKILL')),
    })
  }

  /** It was given up: it is started again. */
  failed(fault: ValidatorFault, detail: string, hasAnswered: boolean): void {
    if (this.#isStopped) return
    const { settings, log } = this.#options
    this.#failures = hasAnswered ? 0 : this.#failures + 1
    const pauseMs = Math.min(restartMs.max, restartMs.first * 2 ** this.#failures)
    const text = 'a validator failed, and is started again'
    log.warn(text, { topic: settings.topic, fault, detail, pauseMs })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.start(), pauseMs)
    this.#timer.unref()
  }

  /** Resolves when the command has ended, after 2 s at most. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    for (const file of this.#files) unwatchFile(file, this.#onChange)
    const child = this.#child
    if (child === undefined) return
    const ended = once(child, 'close')
    endGently(child)
    await ended
  }

  readonly #onChange = (now: { mtimeMs: number; size: number }, before: { mtimeMs: number; size: number }): void => {
    // An editor that replaces the file takes it away for a moment.
    if (this.#isStopped || now.mtimeMs === 0 || (now.mtimeMs === before.mtimeMs && now.size === before.size)) return
    const { settings, log } = this.#options
    log.info('a validator changed, and is started anew', { topic: settings.topic })
    this.#failures = 0
    this.start()
  }
}

function endGently(child: ChildProcessWithoutNullStreams): void {
  const { pid } = child
  child.stdin.end()
  if (pid === undefined) return
  const end = (signal: NodeJS.Signals): void => void (groups.has(pid) && signalGroup(pid, signal))
  const timers = [setTimeout(end, termMs, 'SIGTERM'), setTimeout(end, termMs + killMs, 'SIGKILL')]
  child.once('close', () => timers.forEach(clearTimeout))
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It is gone.
  }
}

/** Files that a command names: its program and its arguments, as far as they are there. */
function filesOf({ command, directory = '.' }: ValidatorSettings): string[] {
  const words = command?.match(/"[^"]*"|'[^']*'|[^\s;|&<>()]+/g) ?? []
  const paths = words.map((word) => resolve(directory, word.replaceAll(/^["']|["']$/g, '')))
  return [...new Set(paths)].filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
}
