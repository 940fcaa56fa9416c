import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { root } from './source-tree.ts'
import { until } from './site.ts'

const running = new Set<() => void>()
afterEach(() => {
  for (const kill of running) kill()
  running.clear()
})

interface Example {
  readonly stdout: () => string
  readonly stderr: () => string
  readonly say: (line: string) => void
  /** Ends its input, or with a signal, and resolves to its exit code. */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | null>
}

describe.each([
  ['from source', ['--conditions=@grapevine/source']],
  // As a program that depends on the packages gets them: what tsc made of them.
  ['from the built packages', []],
])('run %s,', (_, conditions) => {
  function start(example: string, ...args: readonly string[]): Example {
    const script = join(root, 'examples', example)
    const child = spawn(process.execPath, [...conditions, '--disable-warning=ExperimentalWarning', script, ...args])
    running.add(() => child.kill('SIGKILL'))
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    return {
      stdout: () => stdout,
      stderr: () => stderr,
      say: (line) => child.stdin.write(`${line}\n`),
      end: async (signal) => {
        if (signal === undefined) child.stdin.end()
        else child.kill(signal)
        if (child.exitCode === null) await once(child, 'close')
        return child.exitCode
      },
    }
  }

  const ticketOf = async (example: Example): Promise<string> => {
    const text = await until(
      () => example.stdout() + example.stderr(),
      (said) => /gv1\w+\n/.test(said),
    )
    return /gv1\w+/.exec(text)![0]
  }

  test('the chat carries what is typed to the other, and back', async () => {
    const alice = start('chat.ts', 'alice')
    const bob = start('chat.ts', 'bob', await ticketOf(alice))
    // Whoever is alone is told so; a line that is heard ends the wait.
    let tries = 0
    await until(
      () => {
        if (tries++ % 10 === 0) bob.say('hello')
        return alice.stdout()
      },
      (said) => said.includes('bob: hello'),
    )
    alice.say('hi bob')
    await until(bob.stdout, (said) => said.includes('alice: hi bob'))
    expect(await Promise.all([alice.end(), bob.end()])).toEqual([0, 0])
    expect(alice.stderr() + bob.stderr()).toBe('')
  })

  test('the sensor is watched, and cannot say what the schema forbids', async () => {
    const watch = start('sensor.ts', 'watch')
    const kitchen = start('sensor.ts', 'kitchen', await ticketOf(watch), '1')
    expect(await kitchen.end()).toBe(0)
    expect(kitchen.stdout()).toMatch(/^bad-schema \/celsius: .*\n$/)
    await until(watch.stdout, (said) => said.includes('kitchen 20.8'))
    expect(await watch.end('SIGTERM')).toBe(0)
    expect(watch.stderr() + kitchen.stderr()).toBe('')
  })

  test('the relay passes each transaction on once, its parent first', async () => {
    const relay = start('tx-relay.ts')
    const sender = start('tx-relay.ts', await ticketOf(relay), '3')
    expect(await sender.end()).toBe(0)
    expect(sender.stdout()).toBe('sent duplicate\n'.repeat(3))
    await until(relay.stdout, (said) => said.includes('payment 3'))
    expect(relay.stdout().split('\n').slice(1)).toEqual(['payment 1', 'payment 2', 'payment 3', ''])
    expect(await relay.end('SIGTERM')).toBe(0)
    expect(relay.stderr() + sender.stderr()).toBe('')
  })

  test('the roster shows who does what, and how many came', async () => {
    const relay = start('roster.ts', 'relay')
    const worker = start('roster.ts', 'worker', await ticketOf(relay))
    await until(relay.stdout, (said) => said.includes('is "worker"') && said.includes('2 visits'))
    await until(worker.stdout, (said) => said.includes('is "relay"') && said.includes('2 visits'))
    expect(relay.stdout()).toContain('this node is "relay"')
    expect(await Promise.all([relay.end('SIGTERM'), worker.end('SIGTERM')])).toEqual([0, 0])
    expect(relay.stderr() + worker.stderr()).toBe('')
  })

  test('who asks is told who has a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'seen'), '')
    const keeper = start('ask.ts', folder)
    const asker = start('ask.ts', join(folder, 'nothing'), await ticketOf(keeper), 'seen')
    await until(asker.stdout, (said) => said.includes('2 of 2 members answered'))
    expect(asker.stdout()).toMatch(/: yes\n/)
    expect(asker.stdout()).toMatch(/: no\n/)
    expect(await Promise.all([keeper.end('SIGTERM'), asker.end()])).toEqual([0, 0])
    expect(keeper.stderr() + asker.stderr()).toBe('')
  })
})
