import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNode, defineTopic, type Node } from '@grapevine/node'
import { createNetwork, initHome } from '@grapevine/node/home'
import { readRecording } from '@grapevine/node/recording'
import { sha256 } from '@grapevine/node/signature'
import type { RecordingEntry } from '@grapevine/protocol/recording'
import { Player, type PlayedStep } from '@grapevine/sim/replay'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeEvent } from '../src/replay-event.ts'
import { playRecording } from '../src/replay-run.ts'
import { replayScreen } from '../src/replay-screen.ts'

let folder: string
let file: string
const nodes: Node[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gv-replay-'))
  file = join(folder, 'node.rec')
})
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
  rmSync(folder, { recursive: true, force: true })
})

type NodeOptions = Parameters<typeof createNode>[0]

async function start(name: string, options: Partial<NodeOptions> = {}): Promise<Node> {
  const home = join(folder, name)
  const network = options.ticket === undefined ? { network: 'test' } : {}
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const node = await createNode({ home, name, listen, control: false, ...network, ...options })
  nodes.push(node)
  return node
}

const recorded = (name: string, options: Partial<NodeOptions> = {}): Promise<Node> =>
  start(name, { ...options, config: { 'record.file': file, ...options.config } })

/** Ids by content as only a program has them, a schema of its own, and a validator that puts some off. */
const ofProgram = (): ReturnType<typeof defineTopic> => {
  const put = new Set<string>()
  return defineTopic({
    name: 'own',
    id: (payload) => (payload[0] === 0x78 ? undefined : sha256(payload).subarray(0, 8)),
    payload: 'text',
    validate: ({ payload }) => {
      const text = Buffer.from(payload).toString()
      if (text.startsWith('bad')) return { verdict: 'reject', reason: 'it is bad' }
      if (!text.startsWith('late') || put.has(text)) return 'accept'
      put.add(text)
      return { verdict: 'defer', forMs: 20 }
    },
  }) as ReturnType<typeof defineTopic>
}

function playedTo(options: Partial<Parameters<typeof playRecording>[1]> = {}, path = file) {
  const steps: PlayedStep[] = []
  const run = playRecording(path, { until: undefined, why: undefined, ...options })
  for (;;) {
    const { done, value } = run.next()
    if (done === true) return { steps, ...value }
    steps.push(value.step)
  }
}

const entriesOf = (path: string): RecordingEntry[] => [...readRecording(path)]

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never held')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The same signature, found to be wrong. */
function refuted({ step }: RecordingEntry & { readonly type: 'step' }): RecordingEntry {
  return { type: 'step', step: { ...step, event: { ...step.event, valid: false } } as typeof step }
}

/** Two nodes that talk, one of them recorded; both are stopped. */
async function talk(options: Partial<NodeOptions> = {}): Promise<{ readonly home: string; readonly ids: string[] }> {
  const one = await start('one', {
    topics: [defineTopic({ name: 'own', payload: 'text', id: (payload) => sha256(payload).subarray(0, 8) })],
  })
  const other = await recorded('other', { ticket: one.ticket(), topics: [ofProgram()], ...options })
  await other.hold('chat')
  await one.waitForPeers('chat', { waitPeers: 1, timeoutMs: 30_000 })
  await one.waitForPeers('own', { waitPeers: 1, timeoutMs: 30_000 })
  const ids: string[] = []
  for (const text of ['a', 'b']) ids.push((await one.publish('chat', Buffer.from(text))).id)
  for (const text of ['fine', 'late', 'bad', 'x without an id']) await one.publish('own', Buffer.from(text))
  await other.publish('chat', Buffer.from('c'))
  await until(() => other.status().counters.delivered >= 5)
  await until(() => (other.status().counters.verdicts.reject ?? 0) >= 2)
  for (const node of nodes.splice(0)) await node.stop()
  return { home: join(folder, 'other'), ids }
}

describe('a recorded node', () => {
  test('replays the same, with the functions of its program, and tells why', async () => {
    const { ids } = await talk()
    const { view, steps, why } = playedTo({ why: ids[0]!.slice(0, 12) })
    expect(view).toMatchObject({ equal: true, end: 'stopped', unreadBytes: 0, lives: [{ name: 'other' }] })
    expect(view.counts.verdicts).toMatchObject({ accept: expect.any(Number), reject: 2, defer: 1 })
    expect(view.counts.delivered).toBeGreaterThanOrEqual(5)
    expect(steps.some(({ step }) => step.answers.length > 0)).toBe(true)
    expect(why!().steps.map(({ what }) => what)).toEqual(expect.arrayContaining(['received', 'verdict', 'delivered']))
    expect(replayScreen(view)).toContain('all equal by their digests')
  })

  test('has its actions in the recording if they are wanted, and is private', async () => {
    await talk({ config: { 'record.actions': 'bytes' } })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const { view } = playedTo()
    expect(view).toMatchObject({ equal: true, lives: [{ hasActions: true }] })
    expect(replayScreen(view)).toContain('all equal byte for byte')
  })

  test('leaves no secret in the recording', async () => {
    const home = join(folder, 'one')
    await initHome(home)
    await createNetwork(home, { name: 'secret', private: true })
    const { home: other } = await talk()
    const network = JSON.parse(readFileSync(join(other, 'network.json'), 'utf8')) as { preSharedKey: string }
    const jwk = createPrivateKey(readFileSync(join(other, 'identity.pem'))).export({ format: 'jwk' })
    const secrets = [Buffer.from(network.preSharedKey, 'hex'), Buffer.from(jwk.d!, 'base64url')]
    expect(secrets.map(({ length }) => length)).toEqual([32, 32])
    const bytes = readFileSync(file)
    for (const secret of secrets) {
      for (const form of [secret, secret.toString('hex'), secret.toString('base64'), secret.toString('base64url')]) {
        expect(bytes.includes(form)).toBe(false)
      }
    }
  })

  test('goes on behind what its last life recorded, from which a torn end is cut', async () => {
    const node = await recorded('node')
    await node.publish('chat', Buffer.from('first'))
    await nodes.pop()!.stop()
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.subarray(0, -3))
    expect(playedTo().view).toMatchObject({ equal: true, fault: 'torn' })
    const again = await recorded('node')
    await again.publish('chat', Buffer.from('second'))
    await nodes.pop()!.stop()
    const { view } = playedTo()
    expect(view).toMatchObject({ equal: true, unreadBytes: 0, end: 'stopped', counts: { published: 2 } })
    expect(view.lives).toHaveLength(2)
    expect(view.lives[1]!.epoch).toBeGreaterThan(view.lives[0]!.epoch)
    const cut = entriesOf(file).flatMap((entry) => (entry.type === 'life' ? [entry.life.cutBytes] : []))
    expect(cut).toEqual([0, expect.any(Number)])
    expect(cut[1]).toBeGreaterThan(0)
  })

  test('lives on when the recording is full, and says so', async () => {
    const node = await recorded('node', { config: { 'record.sizeMax': 1 << 20 } })
    for (let sent = 0; sent < 40; sent++) await node.publish('chat', Buffer.alloc(40_000, sent))
    await until(() => node.status().recording?.state === 'full')
    await node.publish('chat', Buffer.from('more'))
    expect(node.status().counters.published).toBe(41)
    await nodes.pop()!.stop()
    expect(statSync(file).size).toBeLessThanOrEqual(1 << 20)
    const { view } = playedTo()
    expect(view).toMatchObject({ equal: true, end: 'full', unreadBytes: 0 })
    expect(view.counts.published).toBeGreaterThan(5)
  })

  test('does not start to record over something else', async () => {
    writeFileSync(file, 'a letter\n')
    await expect(recorded('node')).rejects.toMatchObject({ code: 'usage' })
    expect(readFileSync(file, 'utf8')).toBe('a letter\n')
  })
})

describe('a replay', () => {
  test('shows where it goes another way, and what was expected', async () => {
    await talk({ config: { 'record.actions': 'bytes' } })
    const player = new Player({ sha256, functionsOf: () => ({}) })
    const entries = entriesOf(file)
    const at = entries.findIndex(
      (entry) => entry.type === 'step' && entry.step.part === 'machine' && entry.step.event.type === 'verified',
    )
    let difference: PlayedStep['difference']
    for (const [index, entry] of entries.entries()) {
      const isChanged = index === at && entry.type === 'step'
      const played = player.play(isChanged ? refuted(entry) : entry)
      if (played.type !== 'step' || played.difference === undefined) continue
      expect(index).toBe(at)
      difference = played.difference
      break
    }
    expect(difference).toMatchObject({
      action: 0,
      expected: { type: expect.any(String) },
      got: { type: 'verdict', decision: { reason: 'bad-signature' } },
    })
  })

  test('ends before what is damaged, and says how much is left', async () => {
    await talk()
    const bytes = readFileSync(file)
    bytes[bytes.length - 20]! ^= 1
    writeFileSync(file, bytes)
    const { view } = playedTo()
    expect(view).toMatchObject({ equal: true, fault: 'damaged' })
    expect(view.unreadBytes).toBeGreaterThan(20)
    expect(replayScreen(view)).toContain('it is damaged')
  })

  test('stops when it is told to', async () => {
    await talk()
    const { view, steps } = playedTo({ until: { afterMs: 0 } })
    expect(view.equal).toBe(true)
    expect(steps).toHaveLength(1)
    const [first] = entriesOf(file)
    const origin = first?.type === 'life' ? first.life.origin : 0
    expect(playedTo({ until: { at: origin - 1 } }).steps).toHaveLength(0)
  })

  test('prints events without the bodies of messages', async () => {
    const { ids } = await talk()
    const entries = entriesOf(file)
    const life = entries[0]?.type === 'life' ? entries[0].life : undefined
    const { steps } = playedTo()
    const lines = (filter: string | true): string[] =>
      steps.flatMap((step) => {
        const line = describeEvent(step, life!, filter)
        return line === undefined ? [] : [JSON.stringify(line)]
      })
    expect(lines(true)).toHaveLength(steps.length)
    expect(lines('deliver').length).toBeGreaterThanOrEqual(4)
    expect(lines(ids[0]!).length).toBeGreaterThan(0)
    expect(lines('publish').join('\n')).toContain('"payload":"1 bytes"')
    expect(lines('cluster').every((line) => line.includes('"part":"cluster"'))).toBe(true)
  })

  test('of something else is an error with a code', () => {
    writeFileSync(file, 'a letter\n')
    expect(() => playedTo()).toThrow(expect.objectContaining({ code: 'recording' }))
    expect(() => playedTo({}, join(folder, 'nowhere'))).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
