import { describe, expect, test } from 'vitest'
import { keyOf } from '../../src/bytes.ts'
import { decodeEnvelope, signedBytes } from '../../src/envelope.ts'
import type { Action, Judgement } from '../../src/event.ts'
import { ChunkTree } from '../../src/fetch/chunk-tree.ts'
import { messageIds, sha256 } from '../../src/id.ts'
import type { TopicRules } from '../../src/topic.ts'
import { networkId, only, publish, received } from '../machine-world.ts'
import { announced, body, type BodyHost, bodyOf, large, mebi, type Received, start, told } from './body-world.ts'

const byContent = { ...large, contentId: (payload: Uint8Array) => sha256(payload) }

function idOf({ bytes }: Received): Uint8Array {
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) throw new Error('it does not decode')
  return messageIds(sha256, signedBytes(networkId, 't', decoded.envelope.bodyBytes), 1)[0]!
}

describe('an envelope whose body is elsewhere', () => {
  test('waits until the body is here, and is passed on, delivered and told of then', () => {
    const { machine, host } = start()
    const event = announced(body)
    host.peers.set('peer', 'silent')
    expect(told(host.feed(event))).toEqual(['verdict body-awaited'])
    expect(machine.snapshot()).toMatchObject({ awaiting: 1, pendingBytes: 0 })
    host.peers.set('other', body)
    const came = host.feed({ type: 'copied', gossipId: event.gossipId, from: 'other' }, 2)
    expect(told(came)).toEqual([])
    // The one that was asked first has ten seconds.
    expect(told(host.runTo(11_000))).toEqual(['saveBody', 'settled valid, passed on', `deliver 0`])
    const { messages } = only(host.actions, 'deliver')
    expect(messages[0]).toMatchObject({ fetched: { size: body.length, root: new ChunkTree(body).root } })
    expect(machine.snapshot()).toMatchObject({ awaiting: 0, pendingBytes: 0 })
    const steps = machine.why(idOf(event))!.steps.map(({ what, reason, detail }) => `${what} ${reason ?? detail ?? ''}`)
    expect(steps).toEqual([
      'received ',
      'verdict body-awaited',
      'asked its body',
      'copy ',
      'asked its body did not come in time',
      'asked its body',
      'rejudged its body is here',
      'verdict valid',
      'delivered ',
    ])
  })

  test('of up to 256 KiB comes to readers with it', () => {
    const { host } = start()
    host.peers.set('peer', bodyOf(1))
    host.feed(announced(bodyOf(1)))
    expect(only(host.actions, 'deliver').messages[0]).toMatchObject({ payload: bodyOf(1) })
  })

  test('that is on disk already is not asked for', () => {
    const { host } = start()
    host.disk.set(keyOf(new ChunkTree(body).root), body)
    expect(told(host.feed(announced(body)))).toEqual(['verdict body-awaited', 'settled valid, passed on', 'deliver 0'])
    expect(host.asked).toEqual([])
  })

  test('is asked for from all that passed it on', () => {
    const { host } = start()
    host.peers.set('peer', 'silent').set('second', 'silent')
    const event = announced(bodyOf(16))
    host.feed(event)
    host.feed({ type: 'copied', gossipId: event.gossipId, from: 'second' })
    expect(host.asked).toEqual(['peer', 'second'])
  })

  test('comes from another where the first sends a wrong chunk, and only the first is blamed', () => {
    const { host } = start()
    host.peers.set('peer', 'liar').set('second', body)
    const event = announced(body)
    expect(told(host.feed(event))).toEqual(['verdict body-awaited', 'blamed peer bad-chunk'])
    const came = host.feed({ type: 'copied', gossipId: event.gossipId, from: 'second' })
    expect(told(came)).toEqual(['saveBody', 'settled valid, passed on', 'deliver 0'])
  })

  test('is ignored when it does not come in five minutes, and taken when it is brought again', () => {
    const { machine, host } = start()
    host.peers.set('peer', 'silent')
    const event = announced(body)
    host.feed(event)
    expect(told(host.runTo(299_999))).toEqual([])
    expect(told(host.runTo(300_001))).toEqual(['settled body-missing'])
    expect(machine.nextWakeup).toBeUndefined()
    expect(machine.snapshot()).toMatchObject({ awaiting: 0, bodyBytes: 0 })
    host.peers.set('honest', body)
    expect(told(host.feed({ ...event, from: 'honest' }, 300_002))).toContain('settled valid, passed on')
  })

  test('is gone on with where its only source stopped', () => {
    const { host } = start()
    host.peers.set('peer', 'silent')
    const event = announced(body)
    const asks = host.feed(event).filter((action) => action.type === 'askChunk')
    const tree = new ChunkTree(body)
    const { ref, index } = asks[0]!
    host.feed({ type: 'chunk', ref, bytes: tree.chunk(index), proof: tree.proof(index) })
    host.runTo(11_000)
    host.peers.set('other', body)
    const came = host.feed({ type: 'copied', gossipId: event.gossipId, from: 'other' }, 11_000)
    expect(told(came)).toEqual(['saveBody', 'settled valid, passed on', 'deliver 0'])
    expect(came.flatMap((action) => (action.type === 'askChunk' ? action.index : []))).toEqual([1, 2])
  })

  test('is tried again with a peer that lacked it a moment ago', () => {
    const { host } = start()
    host.peers.set('peer', 'lacks')
    host.feed(announced(body))
    host.peers.set('peer', body)
    expect(told(host.runTo(5_000))).toEqual(['saveBody', 'settled valid, passed on', 'deliver 0'])
  })

  test('is nobody’s fault if it cannot be saved', () => {
    const { host } = start()
    host.peers.set('peer', body)
    host.failure = 'the disk is full'
    expect(told(host.feed(announced(body)))).toEqual(['verdict body-awaited', 'saveBody', 'settled body-unkept'])
  })

  test('is nobody’s fault if it was saved and cannot be read, and is not fetched again for that', () => {
    const { machine, host } = start()
    host.peers.set('peer', body)
    host.isUnreadable = true
    expect(told(host.feed(announced(body)))).toEqual([
      'verdict body-awaited',
      'saveBody',
      'dropBody',
      'settled body-unkept',
    ])
    expect(host.actions.filter(({ type }) => type === 'askChunk')).toHaveLength(3)
    expect(machine.snapshot()).toMatchObject({ awaiting: 0, bodyBytes: 0 })
  })

  test('goes with its topic', () => {
    const { machine, host } = start()
    host.peers.set('peer', 'silent')
    host.feed(announced(body))
    expect(told(host.feed({ type: 'release', topic: 't' }))).toEqual(['settled not-held'])
    expect(machine.snapshot().awaiting).toBe(0)
  })

  test('beyond the bound of a peer costs the oldest of that peer', () => {
    const { machine, host } = start()
    host.peers.set('peer', 'silent').set('honest', 'silent')
    const small = new Uint8Array(200)
    host.feed(announced(small, { sequence: 5_000, from: 'honest' }))
    for (let sequence = 1; sequence <= 1_100; sequence++) host.feed(announced(small, { sequence }))
    const { awaiting } = machine.snapshot()
    expect(awaiting).toBeLessThanOrEqual(1_025)
    const given = host.actions.filter((action) => action.type === 'settled')
    expect(given).toHaveLength(1_101 - awaiting)
    expect(new Set(given.map(({ from, decision }) => `${from} ${decision.reason}`))).toEqual(
      new Set(['peer park-full']),
    )
  })
})

describe('a body that is not what its id says', () => {
  const id = sha256(body)

  test('is the fault of who offered it, and the right one comes all the same', () => {
    const { host } = start(byContent)
    const wrong = bodyOf(3, 2)
    host.peers.set('peer', wrong).set('honest', body)
    expect(told(host.feed(announced(wrong, { id })))).toEqual([
      'verdict body-awaited',
      'blamed peer false-root',
      'settled bad-body',
    ])
    expect(only(host.actions, 'settled').decision.verdict).toBe('reject')
    const came = host.feed(announced(body, { id, from: 'honest', sequence: 2 }))
    expect(told(came)).toEqual(['verdict body-awaited', 'saveBody', 'settled valid, passed on', 'deliver 0'])
  })

  test('and is withheld, does not hold back the right one', () => {
    const { host } = start(byContent)
    host.peers.set('peer', 'silent').set('honest', body)
    host.feed(announced(bodyOf(3, 2), { id }))
    const came = host.feed(announced(body, { id, from: 'honest', sequence: 2 }))
    expect(told(came)).toEqual([
      'verdict body-awaited',
      'saveBody',
      'settled duplicate',
      'settled valid, passed on',
      'deliver 0',
    ])
  })

  test('is refused though its bytes are on disk under another message', () => {
    const { host } = start(byContent)
    host.disk.set(keyOf(new ChunkTree(body).root), body)
    const came = host.feed(announced(body, { id: sha256(Uint8Array.of(1)) }))
    expect(told(came)).toEqual(['verdict body-awaited', 'dropBody', 'settled bad-body'])
  })
})

describe('the form of a message', () => {
  test.each([
    ['a reference where payloads are pushed', { inlineBytesMax: undefined }, announced(body)],
    ['a reference to what belongs into the envelope', { inlineBytesMax: body.length }, announced(body)],
    ['a payload that is to be fetched', {}, received([new Uint8Array(101)])],
    ['a reference with an id where ids come from the signed bytes', {}, announced(body, { id: sha256(body) })],
    ['a reference without an id where they come from content', byContent, announced(body)],
  ])('%s breaks the rules', (_, rules, event) => {
    const { host } = start(rules as Partial<TopicRules>)
    expect(told(host.feed(event))).toEqual(['verdict bad-schema'])
  })

  test('a reference to more than the topic allows is refused before anything is fetched', () => {
    const { host } = start({ messageBytesMax: body.length - 1 })
    expect(told(host.feed(announced(body)))).toEqual(['verdict oversize'])
  })
})

describe('a validator', () => {
  const judge = (host: BodyHost, actions: readonly Action[], judgement: Judgement, now = 1): string[] =>
    told(host.feed({ type: 'judged', ref: only(actions, 'judge').ref, judgements: [judgement] }, now))

  test('gets the whole body, and what it rejects is not kept', () => {
    const { machine, host } = start({ judged: true })
    host.peers.set('peer', body)
    const asked = host.feed(announced(body))
    expect(told(asked)).toEqual(['verdict body-awaited', 'saveBody', `judge ${body.length}`])
    expect(machine.snapshot().bodyBytes).toBe(body.length)
    expect(judge(host, asked, { verdict: 'reject' })).toEqual(['dropBody', 'settled rule-rejected'])
    expect(machine.snapshot()).toMatchObject({ awaiting: 0, bodyBytes: 0 })
  })

  test('that puts it off gets it again from disk, and nothing is in memory meanwhile', () => {
    const { machine, host } = start({ judged: true })
    host.peers.set('peer', body)
    expect(judge(host, host.feed(announced(body)), { verdict: 'defer', forMs: 5_000 })).toEqual([])
    expect(machine.snapshot()).toMatchObject({ parked: 1, awaiting: 0, bodyBytes: 0 })
    const again = host.runTo(6_000)
    expect(told(again)).toEqual([`judge ${body.length}`])
    expect(judge(host, again, { verdict: 'accept' }, 6_000)).toEqual(['settled valid, passed on', 'deliver 0'])
    expect(machine.snapshot()).toMatchObject({ parked: 0, awaiting: 0, bodyBytes: 0, pendingBytes: 0 })
  })

  test('is given 64 MiB at once, and the rest when it is done with those', () => {
    const { machine, host } = start({ judged: true })
    const bodies = [1, 2, 3, 4, 5].map((fill) => new Uint8Array(16 * mebi).fill(fill))
    const asked = bodies.map((each, index) => {
      const root = sha256(each.subarray(0, 1))
      host.disk.set(keyOf(root), each)
      return host.feed(announced(each, { root, sequence: index + 1 }))
    })
    expect(asked.map((actions) => told(actions).length)).toEqual([2, 2, 2, 2, 1])
    expect(machine.snapshot().bodyBytes).toBe(64 * mebi)
    expect(judge(host, asked[0]!, { verdict: 'accept' })).toEqual([
      'settled valid, passed on',
      'deliver 0',
      `judge ${16 * mebi}`,
    ])
  })
})

describe('a large payload of our own', () => {
  test('is on disk before its envelope leaves', () => {
    const { host } = start(byContent)
    const done = host.feed(publish(1, body))
    expect(told(done)).toEqual(['saveBody', 'sign', 'gossip', 'deliver 0', 'published'])
    expect(only(done, 'published').id).toEqual(sha256(body))
    expect(told(host.feed(publish(2, body)))).toEqual(['published'])
  })

  test('is refused if the disk is', () => {
    const { host } = start()
    host.failure = 'full'
    expect(told(host.feed(publish(1, body)))).toEqual(['saveBody', 'refused disk'])
  })

  test('is put to the validator whole', () => {
    const { host } = start({ judged: true })
    const asked = host.feed(publish(1, body))
    expect(told(asked)).toEqual(['saveBody', `judge ${body.length}`])
    const refused = host.feed({ type: 'judged', ref: only(asked, 'judge').ref, judgements: [{ verdict: 'reject' }] })
    expect(told(refused)).toEqual(['dropBody', 'refused rejected'])
  })

  test('leaves alone, and small ones beside it in batches', () => {
    const { host } = start()
    host.feed(publish(1, body))
    host.feed(publish(2, 'small'))
    const sizes = host.actions.flatMap((action) => (action.type === 'deliver' ? [action.messages.length] : []))
    expect(sizes).toEqual([1, 1])
  })
})
