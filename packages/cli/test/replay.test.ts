import { createPrivateKey } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createNetwork, initHome } from '@grapevine/node/home'
import { readRecording } from '@grapevine/node/recording'
import { sha256 } from '@grapevine/node/signature'
import type { RecordingEntry } from '@grapevine/protocol/recording'
import { Player, type PlayedStep } from '@grapevine/sim/replay'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeEvent } from '../src/replay-event.ts'
import { EventFilter } from '../src/replay-filter.ts'
import { playRecording, type RunOptions, type RunResult } from '../src/replay-run.ts'
import { replayScreen } from '../src/replay-screen.ts'
import { RecordingSite, until } from './recorded-node.ts'

let site: RecordingSite
beforeEach(() => void (site = new RecordingSite()))
afterEach(() => site.close())

function playedTo(
  options: Partial<RunOptions> = {},
  path = site.file,
): RunResult & { readonly steps: readonly PlayedStep[] } {
  const steps: PlayedStep[] = []
  const run = playRecording(path, { until: undefined, why: undefined, ...options })
  for (;;) {
    const { done, value } = run.next()
    if (done === true) return { steps, ...value }
    if (value.played.type === 'step') steps.push(value.played)
  }
}

const entriesOf = (path: string): RecordingEntry[] => [...readRecording(path)]

/** The same signature, found to be wrong. */
function refuted({ step }: RecordingEntry & { readonly type: 'step' }): RecordingEntry {
  return { type: 'step', step: { ...step, event: { ...step.event, valid: false } } as typeof step }
}

describe('a recorded node', () => {
  test('replays the same, with the functions of its program, and tells why', async () => {
    const { ids } = await site.talk()
    const { view, steps, why } = playedTo({ why: ids[0]!.slice(0, 12) })
    expect(view).toMatchObject({ equal: true, end: 'stopped', unreadBytes: 0, lives: [{ name: 'other' }] })
    expect(view.counts.verdicts).toMatchObject({ accept: expect.any(Number), reject: 2, defer: 1 })
    expect(view.counts.delivered).toBeGreaterThanOrEqual(5)
    expect(steps.some(({ step }) => step.answers.length > 0)).toBe(true)
    expect(why!().steps.map(({ what }) => what)).toEqual(expect.arrayContaining(['received', 'verdict', 'delivered']))
    expect(replayScreen(view)).toContain('all equal by their digests')
  })

  test('has its actions in the recording if they are wanted, and is private', async () => {
    await site.talk({ config: { 'record.actions': 'bytes' } })
    expect(statSync(site.file).mode & 0o777).toBe(0o600)
    const { view } = playedTo()
    expect(view).toMatchObject({ equal: true, lives: [{ hasActions: true }] })
    expect(replayScreen(view)).toContain('all equal byte for byte')
  })

  test('leaves no secret in the recording', async () => {
    const home = join(site.folder, 'one')
    await initHome(home)
    await createNetwork(home, { name: 'secret', private: true })
    const { home: other } = await site.talk()
    const network = JSON.parse(readFileSync(join(other, 'network.json'), 'utf8')) as { preSharedKey: string }
    const jwk = createPrivateKey(readFileSync(join(other, 'identity.pem'))).export({ format: 'jwk' })
    const secrets = [Buffer.from(network.preSharedKey, 'hex'), Buffer.from(jwk.d!, 'base64url')]
    expect(secrets.map(({ length }) => length)).toEqual([32, 32])
    const bytes = readFileSync(site.file)
    for (const secret of secrets) {
      for (const form of [secret, secret.toString('hex'), secret.toString('base64'), secret.toString('base64url')]) {
        expect(bytes.includes(form)).toBe(false)
      }
    }
  })

  test('goes on behind what its last life recorded, from which a torn end is cut', async () => {
    const node = await site.recorded('node')
    await node.publish('chat', Buffer.from('first'))
    await site.stop()
    const bytes = readFileSync(site.file)
    writeFileSync(site.file, bytes.subarray(0, -3))
    expect(playedTo().view).toMatchObject({ equal: true, fault: 'torn' })
    const again = await site.recorded('node')
    await again.publish('chat', Buffer.from('second'))
    await site.stop()
    const { view } = playedTo()
    expect(view).toMatchObject({ equal: true, unreadBytes: 0, end: 'stopped', counts: { published: 2 } })
    expect(view.lives).toHaveLength(2)
    expect(view.lives[1]!.epoch).toBeGreaterThan(view.lives[0]!.epoch)
    const cut = entriesOf(site.file).flatMap((entry) => (entry.type === 'life' ? [entry.life.cutBytes] : []))
    expect(cut).toEqual([0, expect.any(Number)])
    expect(cut[1]).toBeGreaterThan(0)
  })

  test('of a network of dialect pubsub replays the same', async () => {
    const one = await site.recorded('one', { dialect: 'pubsub' })
    const other = await site.start('other', { dialect: 'pubsub', peers: one.addresses() })
    for (const node of [one, other]) await node.hold('chat')
    await one.waitForPeers('chat', { waitPeers: 1, timeoutMs: 30_000 })
    await other.waitForPeers('chat', { waitPeers: 1, timeoutMs: 30_000 })
    await one.publish('chat', Buffer.from('from one'))
    await other.publish('chat', Buffer.from('from the other'))
    await until(() => one.status().counters.delivered >= 2)
    await site.stop()
    expect(playedTo().view).toMatchObject({ equal: true, counts: { published: 1, delivered: 2 } })
  })

  test('lives on when the recording is full, and says so', async () => {
    const node = await site.recorded('node', { config: { 'record.sizeMax': 1 << 20 } })
    for (let sent = 0; sent < 40; sent++) await node.publish('chat', Buffer.alloc(40_000, sent))
    await until(() => node.status().recording?.state === 'full')
    await node.publish('chat', Buffer.from('more'))
    expect(node.status().counters.published).toBe(41)
    await site.stop()
    expect(statSync(site.file).size).toBeLessThanOrEqual(1 << 20)
    const { view } = playedTo()
    expect(view).toMatchObject({ equal: true, end: 'full', unreadBytes: 0 })
    expect(view.counts.published).toBeGreaterThan(5)
  })

  test('does not start to record over something else', async () => {
    writeFileSync(site.file, 'a letter\n')
    await expect(site.recorded('node')).rejects.toMatchObject({ code: 'usage' })
    expect(readFileSync(site.file, 'utf8')).toBe('a letter\n')
  })
})

describe('a replay', () => {
  test('shows where it goes another way, and what was expected', async () => {
    await site.talk({ config: { 'record.actions': 'bytes' } })
    const player = new Player({ sha256, functionsOf: () => ({}) })
    const entries = entriesOf(site.file)
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
    await site.talk()
    const bytes = readFileSync(site.file)
    bytes[bytes.length - 20]! ^= 1
    writeFileSync(site.file, bytes)
    const { view } = playedTo()
    expect(view).toMatchObject({ equal: true, fault: 'damaged' })
    expect(view.unreadBytes).toBeGreaterThan(20)
    expect(replayScreen(view)).toContain('it is damaged')
  })

  test('stops when it is told to', async () => {
    await site.talk()
    const { view, steps } = playedTo({ until: { afterMs: 0 } })
    expect(view.equal).toBe(true)
    expect(steps).toHaveLength(1)
    const [first] = entriesOf(site.file)
    const origin = first?.type === 'life' ? first.life.origin : 0
    expect(() => playedTo({ until: { at: origin - 1 } })).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('before the recording begins') }),
    )
  })

  test('prints events without the bodies of messages', async () => {
    const { ids } = await site.talk()
    const entries = entriesOf(site.file)
    const life = entries[0]?.type === 'life' ? entries[0].life : undefined
    const { steps } = playedTo()
    const filtered = (filter?: EventFilter): string[] =>
      steps.flatMap((step) => {
        const line = describeEvent(step, life!, filter)
        return line === undefined ? [] : [JSON.stringify(line)]
      })
    const lines = (text: string): string[] => filtered(new EventFilter(text))
    expect(filtered()).toHaveLength(steps.length)
    expect(lines('deliver').length).toBeGreaterThanOrEqual(4)
    expect(lines(ids[0]!).length).toBeGreaterThan(0)
    expect(lines('publish').join('\n')).toContain('"payload":"1 bytes"')
    expect(lines('cluster').every((line) => line.includes('"part":"cluster"'))).toBe(true)
    // Any of the kinds, and all of the words.
    const [published, delivered, both] = ['publish', 'deliver', 'publish,deliver'].map((text) => lines(text).length)
    expect(both).toBeGreaterThan(Math.max(published!, delivered!))
    expect(both).toBeLessThanOrEqual(published! + delivered!)
    const ofChat = lines('publish,deliver,chat')
    expect(ofChat.length).toBeGreaterThan(0)
    expect(ofChat.length).toBeLessThan(both!)
    expect(ofChat.every((line) => line.includes('chat'))).toBe(true)
    expect(lines(`publish,chat,${ids[0]!},nowhere`)).toEqual([])
    const mistyped = new EventFilter('recieved,chat')
    expect(filtered(mistyped)).toEqual([])
    expect(mistyped.emptiness).toContain(
      `no event of ${steps.length} matches: nothing has recieved. Kinds that occur: `,
    )
    expect(mistyped.emptiness).toContain('publish')
  })

  test('of something else is an error with a code', () => {
    writeFileSync(site.file, 'a letter\n')
    expect(() => playedTo()).toThrow(expect.objectContaining({ code: 'recording' }))
    expect(() => playedTo({}, join(site.folder, 'nowhere'))).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
