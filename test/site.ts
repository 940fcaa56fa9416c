import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bundle = fileURLToPath(new URL('../packages/cli/dist/bundle/main.js', import.meta.url))

/** How a command ended. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs on. */
export interface Running {
  readonly child: ChildProcess
  readonly outcome: Promise<Outcome>
  /** What it has said so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves once the text stands on stdout or stderr; rejects if the command ends without it. */
  readonly saw: (text: string) => Promise<void>
}

/**
 * A user's home folder with the real command line, as built. Nodes listen on loopback; `close` ends what runs and
 * removes the folder.
 */
export class Site {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  readonly #running = new Set<ChildProcess>()

  /** The home that `--node NAME` means here; without a name the default one. */
  home(node?: string): string {
    return join(this.directory, node === undefined ? '.grapevine' : `.grapevine-${node}`)
  }

  start(args: readonly string[], options: { stdin?: string | Buffer; env?: NodeJS.ProcessEnv } = {}): Running {
    const env: NodeJS.ProcessEnv = { ...process.env, HOME: this.directory, NO_COLOR: '1', ...options.env }
    delete env['GRAPEVINE_HOME']
    const child = spawn(process.execPath, [bundle, ...args], { env, cwd: this.directory })
    this.#running.add(child)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.stdin.on('error', () => undefined)
    if (options.stdin !== undefined) child.stdin.end(options.stdin)
    const outcome = new Promise<Outcome>((resolve) => {
      child.on('close', (code) => {
        this.#running.delete(child)
        resolve({ code, stdout, stderr })
      })
    })
    const saw = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if ((stdout + stderr).includes(text)) resolve()
        }
        child.stdout.on('data', look)
        child.stderr.on('data', look)
        void outcome.then(() => reject(new Error(`never saw ${text}: ${stdout}${stderr}`)))
        look()
      })
    return { child, outcome, stdout: () => stdout, stderr: () => stderr, saw }
  }

  /** Runs a command to its end; its stdin is closed unless given. */
  run(args: readonly string[], options: { stdin?: string | Buffer; env?: NodeJS.ProcessEnv } = {}): Promise<Outcome> {
    return this.start(args, { stdin: '', ...options }).outcome
  }

  /** Runs a command that must succeed, and returns its stdout without the last newline. */
  async ok(args: readonly string[], options: { stdin?: string | Buffer } = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options)
    if (code !== 0) throw new Error(`grapevine ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`)
    return stdout.replace(/\n$/, '')
  }

  /** Starts the node of a home on loopback, in the background, on the port that the home has picked. */
  async up(node?: string): Promise<void> {
    const { port } = JSON.parse(readFileSync(join(this.home(node), 'node.json'), 'utf8')) as { port: number }
    await this.ok([...nodeFlag(node), 'up', '--detach', '--listen', `/ip4/127.0.0.1/tcp/${port}`])
  }

  /** Process id of the node of a home that is up. */
  pid(node?: string): number {
    return Number(readFileSync(join(this.home(node), 'pid'), 'utf8'))
  }

  async close(...nodes: (string | undefined)[]): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL')
    for (const node of nodes) if (existsSync(this.home(node))) await this.run([...nodeFlag(node), 'down'])
    rmSync(this.directory, { recursive: true, force: true })
  }
}

const nodeFlag = (node?: string): string[] => (node === undefined ? [] : ['--node', node])

/** Waits until a condition holds; what it last saw is in the error. */
export async function until<Value>(
  look: () => Value | Promise<Value>,
  holds: (value: Value) => boolean,
  timeoutMs = 90_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await look()
    if (holds(value)) return value
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(value)} after ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
