import { spawn, execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root } from './source-tree.ts'

const script = join(root, 'scripts/main-job/main.ts')
const runMsMax = 90_000

/** A running main job, without a terminal, with a temporary directory of its own. */
function startJob(): {
  readonly pid: number
  /** Resolves once a step of the progress on standard error is done. */
  readonly stepDone: (label: string) => Promise<void>
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>
  readonly temporary: string
} {
  const temporary = mkdtempSync(join(tmpdir(), 'main-job-test-'))
  onTestFinished(() => rmSync(temporary, { recursive: true, force: true }))
  const child = spawn('node', ['--conditions=@grapevine/source', script, '--exit'], {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  const stepDone = (label: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stderr.includes(label)) resolve()
      }
      child.stderr.on('data', look)
      child.on('close', () => reject(new Error(`it ended before: ${label}\n${stderr}`)))
      look()
    })
  return { pid: child.pid!, stepDone, ended, temporary }
}

const childrenOf = (parent: number): number[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, ppid]) => (ppid === parent ? [pid!] : []))

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const lastLine = (text: string): string | undefined =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .at(-1)

test(
  'the main job delivers a block and 20,000 messages to five nodes, and leaves nothing behind',
  async () => {
    const job = startJob()
    await job.stepDone('connecting them')
    const nodes = childrenOf(job.pid)
    expect(nodes).toHaveLength(5)
    const { code, stdout, stderr } = await job.ended
    expect(stderr).not.toContain('error')
    expect(lastLine(stdout)).toBe('delivered 115 of 115 on 5 nodes')
    expect(code).toBe(0)
    const blockRows = [...stdout.matchAll(/^ {2}node \d +(\d+) +\d+ +(\d+) .* 23 +yes$/gm)]
    expect(blockRows.map(([, published, verified]) => Number(published) + Number(verified))).toEqual([
      23, 23, 23, 23, 23,
    ])
    expect(stdout.match(/^ {2}node \d +4,000 .* 20,000$/gm)).toHaveLength(5)
    expect(stdout).toContain('all 5 nodes hold the same set')
    expect(nodes.filter(isAlive)).toEqual([])
    expect(readdirSync(job.temporary)).toEqual([])
  },
  runMsMax,
)

test(
  'the main job ends with an error that names the node when one is killed, and cleans up',
  async () => {
    const job = startJob()
    await job.stepDone('connecting them')
    const nodes = childrenOf(job.pid)
    process.kill(nodes[2]!, 'SIGKILL')
    const { code, stdout, stderr } = await job.ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: node \d ended unexpectedly \(SIGKILL\)/m)
    expect(stderr).toMatch(/^ {2}node 1 got [\d,]+ of the 20,000 small messages$/m)
    expect(lastLine(stdout)).toMatch(/^delivered \d+ of 115 on 5 nodes$/)
    expect(nodes.filter(isAlive)).toEqual([])
    expect(readdirSync(job.temporary)).toEqual([])
  },
  runMsMax,
)

test(
  'the main job cleans up when it is told to stop',
  async () => {
    const job = startJob()
    await job.stepDone('starting 5 nodes')
    const nodes = childrenOf(job.pid)
    process.kill(job.pid, 'SIGTERM')
    const { code, stdout, stderr } = await job.ended
    expect(code).toBe(143)
    expect(stderr).toContain('interrupted')
    expect(lastLine(stdout)).toMatch(/^delivered \d+ of 115 on 5 nodes$/)
    expect(nodes.filter(isAlive)).toEqual([])
    expect(readdirSync(job.temporary)).toEqual([])
  },
  runMsMax,
)

test(
  'nodes end by themselves and take their homes along when the main job is killed',
  async () => {
    const job = startJob()
    await job.stepDone('connecting them')
    const nodes = childrenOf(job.pid)
    process.kill(job.pid, 'SIGKILL')
    await expect.poll(() => nodes.filter(isAlive)).toEqual([])
    expect(readdirSync(job.temporary)).toEqual([])
  },
  runMsMax,
)
