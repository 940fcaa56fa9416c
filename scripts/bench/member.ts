import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Order, Said } from './program.ts'

type SaidOf<Name extends Said['event']> = Said & { readonly event: Name }

/** A process that takes part in a benchmark. */
export class Member {
  readonly #child: ChildProcess
  readonly #waiting: { event: string; resolve: (said: Said) => void; reject: (error: Error) => void }[] = []
  #stderr = ''
  #end: Error | undefined
  #isStopping = false
  /** Different messages that have come since it was told to report, as far as it has told. */
  received = 0
  onReceived: () => void = () => undefined
  address = ''
  versions = ''

  private constructor(command: readonly string[]) {
    this.#child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stdin!.on('error', () => undefined)
    this.#child.stderr!.on('data', (chunk: Buffer) => (this.#stderr = (this.#stderr + chunk.toString()).slice(-2_048)))
    this.#child.on('error', (error) => this.#ended(error))
    this.#child.on('close', () => this.#ended(new Error(`${command.join(' ')} ended\n${this.#stderr}`)))
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#take(JSON.parse(line) as Said))
  }

  /** Starts a program and waits until it listens. */
  static async start(command: readonly string[]): Promise<Member> {
    const member = new Member(command)
    const { address, versions } = await member.#next('ready')
    member.address = address
    member.versions = versions
    return member
  }

  tell(order: Order): void {
    this.#child.stdin!.write(`${JSON.stringify(order)}\n`)
  }

  async dial(address: string): Promise<void> {
    this.tell({ do: 'dial', address })
    await this.#next('dialed')
  }

  async join(): Promise<void> {
    this.tell({ do: 'join' })
    await this.#next('joined')
  }

  report(every: number): void {
    this.received = 0
    this.tell({ do: 'report', every })
  }

  async status(): Promise<SaidOf<'status'>> {
    this.tell({ do: 'status' })
    return this.#next('status')
  }

  async latencies(): Promise<readonly number[]> {
    this.tell({ do: 'latencies' })
    return (await this.#next('latencies')).micros
  }

  /** Processor time that the process has taken so far, all its threads, in µs. To 10 ms: Linux counts in hundredths. */
  get cpuMicros(): number {
    // After the name, which may hold spaces: user and system time are the 12th and 13th field.
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  }

  /** Most resident memory since the start, in bytes. */
  get memoryPeak(): number {
    const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))!
    return Number(kibibytes) * 1024
  }

  /** Closes its stdin and waits for its end, 5 s at most. */
  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.#end !== undefined) return
    const closed = new Promise((resolve) => void this.#child.once('close', resolve))
    this.#child.stdin!.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
    await closed
    clearTimeout(timer)
  }

  #next<Name extends Said['event']>(event: Name): Promise<SaidOf<Name>> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end)
      this.#waiting.push({ event, resolve: resolve as (said: Said) => void, reject })
    })
  }

  #take(said: Said): void {
    if (said.event === 'received') {
      this.received = said.count
      return this.onReceived()
    }
    const at = this.#waiting.findIndex(({ event }) => event === said.event)
    if (at >= 0) this.#waiting.splice(at, 1)[0]!.resolve(said)
  }

  #ended(error: Error): void {
    this.#end ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
    if (!this.#isStopping) this.onReceived()
  }
}
