import { beforeEach, describe, expect, test } from 'vitest'
import { Cluster, type ClusterAction, type ClusterEvent } from '../../src/cluster/index.ts'
import { coordinateKey, decodeCoordinate, encodeCoordinate, originCoordinate } from '../../src/coordinate/index.ts'
import { decodeSelf, selfKey } from '../../src/member/index.ts'
import { decodeStateFrame, encodeStateFrame } from '../../src/state/index.ts'
import { bytesOfText, fakeSign, frameOf, keyOfName, networkId, textOf } from '../state/state-world.ts'

/** A cluster machine whose keys are names; signatures are made and found good at once. */
class Host {
  now = 0
  readonly cluster: Cluster
  readonly actions: ClusterAction[] = []

  constructor(name: string, epoch = 1) {
    const owner = keyOfName(name)
    const peerOf = (key: Uint8Array): string => ['one', 'other'].find((each) => keyOfName(each).join() === key.join())!
    this.cluster = new Cluster({ networkId, owner, epoch, seed: 7, now: 0, wall: 1e15, peerOf })
  }

  tell(event: ClusterEvent): readonly ClusterAction[] {
    const actions = this.cluster.handle(event, this.now)
    this.actions.push(...actions)
    for (const action of actions) {
      if (action.type === 'sign') {
        this.tell({ type: 'signed', ref: action.ref, signature: fakeSign(keyOfName('one'), action.bytes) })
      }
      if (action.type === 'verify') this.tell({ type: 'verified', ref: action.ref, valid: true })
    }
    return actions
  }

  run(ms: number): void {
    const end = this.now + ms
    for (; this.now < end; this.now += 50)
      if ((this.cluster.nextWakeup ?? Infinity) <= this.now)
        this.tell({ type: 'tick', wall: 1e15 + Math.round(this.now * 1000) })
  }

  get sent(): readonly (ClusterAction & { type: 'send' })[] {
    return this.actions.filter((action) => action.type === 'send')
  }
}

let host: Host
/** What another node says of itself. */
function stateOfOther(epoch = 1): Uint8Array {
  const other = new Host('other', epoch)
  other.tell({ type: 'tick', wall: 1e15 })
  other.tell({ type: 'set', key: 'u:role', value: bytesOfText('relay'), time: 1e15 })
  return frameOf(other.cluster.replica.stateOf(keyOfName('other'))!)
}

beforeEach(() => {
  host = new Host('one')
  host.tell({ type: 'links', peers: [], seeds: [] })
  host.tell({ type: 'tick', wall: 1e15 })
})

describe('a node that is alone', () => {
  test('says what there is to say of itself, and has nothing to wake up for', () => {
    expect(host.cluster.replica.stateOf(keyOfName('one'))!.entries.map(({ key }) => key)).toContain('m:self')
    expect(host.cluster.nextWakeup).toBeUndefined()
    expect(host.sent).toEqual([])
  })

  test('calls all others failed after ten seconds, rests, and calls them alive when they are heard again', () => {
    host.tell({ type: 'links', peers: ['other'], seeds: [] })
    host.tell({ type: 'frame', peer: 'other', bytes: stateOfOther() })
    host.run(5_000)
    const status = (): string | undefined => host.cluster.membership!.member('other')?.status
    expect(status()).toBe('alive')
    const beat = encodeStateFrame({ type: 'beat', epoch: 1, count: 1 })
    host.tell({ type: 'frame', peer: 'other', bytes: beat })
    host.tell({ type: 'links', peers: [], seeds: [] })
    host.run(9_000)
    expect(status()).toBe('alive')
    host.run(3_000)
    expect(status()).toBe('failed')
    // It is still worth a round, and a dial, now and then; and to be forgotten in a day.
    expect(host.cluster.nextWakeup).toBeDefined()
    host.tell({ type: 'links', peers: ['other'], seeds: [] })
    host.tell({ type: 'frame', peer: 'other', bytes: beat })
    host.run(1_000)
    expect(status()).toBe('alive')
  })
})

describe('a node among others', () => {
  beforeEach(() => {
    host.tell({ type: 'links', peers: ['other'], seeds: ['other', 'away'] })
    host.tell({ type: 'frame', peer: 'other', bytes: stateOfOther() })
  })

  test('learns what they say, has them watch it, and beats to them; dials are worth it for exchanges only', () => {
    expect(textOf(host.cluster.replica.stateOf(keyOfName('other'))?.entries.at(-1)?.value)).toBe('relay')
    host.run(3_000)
    const kinds = host.sent.map(({ bytes, isWorthDialling }) => [decodeStateFrame(bytes)!.type, isWorthDialling])
    expect(kinds).toContainEqual(['beat', false])
    expect(kinds).toContainEqual(['exchange', true])
    expect(kinds).not.toContainEqual(['beat', true])
    // A seed that is not connected is nobody to talk to.
    expect(new Set(host.sent.flatMap(({ peers }) => peers))).toEqual(new Set(['other']))
  })

  test('opens exchanges out of turn when it is told to', () => {
    const [action] = host.tell({ type: 'exchange', peers: ['other'] })
    expect(action).toMatchObject({ type: 'send', peers: ['other'], isWorthDialling: true })
    expect(decodeStateFrame((action as ClusterAction & { type: 'send' }).bytes)).toMatchObject({ step: 1 })
  })

  test('says goodbye at once, and beats no more', () => {
    host.run(2_000)
    host.tell({ type: 'leave' })
    const before = host.sent.length
    host.run(2_000)
    const later = host.sent.slice(before).map(({ bytes }) => decodeStateFrame(bytes)!.type)
    expect(later).not.toContain('beat')
    const own = host.cluster.replica.get(selfKey)!
    expect(decodeSelf(own)!.isLeft).toBe(true)
  })

  test('forgets a member with all that it said, and tells the disk', () => {
    host.tell({ type: 'forget', owner: keyOfName('other') })
    expect(host.actions.at(-1)).toMatchObject({ type: 'forgotten', owner: keyOfName('other'), peer: 'other' })
    expect(host.cluster.replica.stateOf(keyOfName('other'))).toBeUndefined()
    expect(host.cluster.membership!.member('other')).toBeUndefined()
    // An old copy does not bring it back, however long others hold it; what it says anew does.
    const old = stateOfOther()
    host.now += 80_000_000
    host.tell({ type: 'frame', peer: 'other', bytes: old })
    expect(host.cluster.membership!.member('other')).toBeUndefined()
    host.tell({ type: 'frame', peer: 'other', bytes: stateOfOther(2) })
    expect(host.cluster.membership!.member('other')).toMatchObject({ status: 'alive', epoch: 2 })
  })
})

test('a node that starts again begins where it was on the map of round trips', () => {
  const value = encodeCoordinate({ ...originCoordinate, vector: [40, 0, 0, 0], height: 2, error: 0.1 })
  host.tell({ type: 'set', key: coordinateKey, value, time: 1e15 })
  const states = [host.cluster.replica.stateOf(keyOfName('one'))!]
  const again = new Host('one', 2)
  again.tell({ type: 'restore', states })
  expect(decodeCoordinate(again.cluster.places!.place)).toMatchObject({ vector: [40, 0, 0, 0], height: 2, error: 1.5 })
})
