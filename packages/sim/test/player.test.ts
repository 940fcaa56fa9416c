import { decide, sha256 } from '@grapevine/protocol'
import { type RecordedLife, RecordingReader, RecordingWriter } from '@grapevine/protocol/recording'
import { expect, test } from 'vitest'
import { type Played, type PlayedStep, Player, Tally } from '../src/replay/index.ts'

const life: RecordedLife = {
  format: 1,
  version: '0.1.0',
  dialect: 'grapevine',
  networkId: new Uint8Array(32),
  network: 'demo',
  peerId: 'us',
  epoch: 1,
  origin: 0,
  cutBytes: 0,
  hasActions: false,
}
const options = { networkId: life.networkId, author: new Uint8Array(32).fill(1), epoch: 1, salt: 3 }

/** What a player makes of a life that is written so. */
function played(player: Player, write: (writer: RecordingWriter) => void): Played[] {
  const writer = new RecordingWriter({ sha256, hasActions: false })
  writer.life(life)
  write(writer)
  return [...new RecordingReader().read(writer.take())].map((entry) => player.play(entry))
}

const newPlayer = (): Player => new Player({ sha256, functionsOf: () => ({}) })

test('a fault that ended the node ends its replay in the same way', () => {
  const steps = played(newPlayer(), (writer) => {
    writer.start({ part: 'machine', options })
    writer.event('machine', { type: 'tick' }, 5)
    writer.outcome([], [])
    // A clock that goes back is the host's fault, and the machine throws.
    writer.event('machine', { type: 'tick' }, 4)
    writer.outcome([], undefined)
  })
  expect(steps.at(-1)).toMatchObject({ number: 2, actions: undefined, error: expect.any(RangeError) as unknown })
  expect(steps.at(-1)).not.toHaveProperty('difference')
})

test('a fault that only the node had, or only the replay has, is a difference', () => {
  const [, , only, wrong] = played(newPlayer(), (writer) => {
    writer.start({ part: 'machine', options })
    writer.event('machine', { type: 'tick' }, 5)
    writer.outcome([], undefined)
    writer.event('machine', { type: 'tick' }, 4)
    writer.outcome([], [])
  })
  expect(only).toMatchObject({ difference: { expected: 'a fault of the node, which ended there' } })
  expect(wrong).toMatchObject({ difference: { expected: 'an end in good order' } })
})

test('events of a part that never began are a difference, and a new life begins with nothing', () => {
  const player = newPlayer()
  const first = played(player, (writer) => {
    writer.start({ part: 'machine', options })
    writer.event('cluster', { type: 'leave' }, 1)
    writer.outcome([], [])
  })
  expect(first.at(-1)).toMatchObject({ difference: { got: expect.stringContaining('did not begin') as unknown } })
  expect(player.machine).toBeDefined()
  played(player, () => undefined)
  expect(player.machine).toBeUndefined()
})

test('a tally leaves out what nodes say of themselves, unless it is refused', () => {
  const tally = new Tally()
  const messages = [{ topic: '!life' }]
  const decided = (topic: string, reason: 'valid' | 'bad-signature'): object => ({
    type: 'verdict',
    topic,
    decision: decide(reason),
  })
  const step = (event: object, ...actions: readonly object[]): void =>
    tally.step({ type: 'step', number: 1, step: { part: 'machine', now: 1, event }, actions } as unknown as PlayedStep)
  for (const name of ['!life', 'chat']) step({ type: 'hold', rules: { name, wireName: `/wire/${name}` } })
  step({ type: 'publish', ref: -1, topic: '!life' }, { type: 'published', ref: -1 }, { type: 'deliver', messages })
  step({ type: 'publish', ref: 1, topic: 'chat' }, { type: 'published', ref: 1 })
  step({ type: 'received' }, decided('/wire/!life', 'valid'), { type: 'deliver', messages })
  step({ type: 'received' }, decided('/wire/!life', 'bad-signature'))
  step({ type: 'received' }, decided('/wire/chat', 'valid'), { type: 'deliver', messages: [{ topic: 'chat' }] })
  expect(tally.counts).toMatchObject({ published: 1, delivered: 1, verdicts: { accept: 1, reject: 1 } })
})

test('a tally adds up what happened over lives, each with its own clock', () => {
  const tally = new Tally()
  const player = newPlayer()
  for (const start of [1_000, 5]) {
    tally.life()
    const steps = played(player, (writer) => {
      writer.start({ part: 'machine', options })
      for (const now of [start, start + 10]) {
        writer.event('machine', { type: 'tick' }, now)
        writer.outcome([], [])
      }
    })
    for (const step of steps) if (step.type === 'step') tally.step(step)
  }
  expect(tally.counts).toMatchObject({ events: { machine: 4, cluster: 0 }, spanMs: 20, actions: 0 })
})
