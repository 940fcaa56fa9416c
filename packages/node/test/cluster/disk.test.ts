import { generateKeyPairSync } from 'node:crypto'
import { Replica, type OwnerState } from '@grapevine/protocol/state'
import { expect, test } from 'vitest'
import { StateDisk } from '../../src/cluster/disk.ts'
import { sign } from '../../src/crypto.ts'
import { Log } from '../../src/log/log.ts'
import type { Store } from '../../src/store/store.ts'
import { withStore } from '../store/with-store.ts'

const networkId = new Uint8Array(32).fill(1)

interface Identity {
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
}

function newIdentity(): Identity {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { seed: Buffer.from(d!, 'base64url'), publicKey: new Uint8Array(Buffer.from(x!, 'base64url')) }
}

/** What somebody says, signed. */
function stateOf(identity: Identity, role: string, network = networkId): OwnerState {
  const owner = identity.publicKey
  const replica = new Replica({ networkId: network, owner, epoch: 1, seed: 1 })
  const [action] = replica.handle({ type: 'set', key: 'u:role', value: Buffer.from(role), time: 1 }, 0)
  if (action?.type !== 'sign') throw new Error('nothing to sign')
  replica.handle({ type: 'signed', ref: action.ref, signature: sign(action.bytes, identity) }, 0)
  return replica.stateOf(owner)!
}

/** A disk of the node `self`, with these states in its memory. */
function diskOf(store: Store, self: Identity, states: readonly OwnerState[], epoch = 2): StateDisk {
  const of = (owner: Uint8Array): OwnerState | undefined =>
    states.find(({ head }) => Buffer.compare(head.owner, owner) === 0)
  const present = (): Uint8Array[] => states.map(({ head }) => head.owner)
  const log = new Log().part('state')
  return new StateDisk({ store, log, networkId, owner: self.publicKey, epoch, stateOf: of, present })
}

const ownersOf = (states: readonly OwnerState[]): string[] =>
  states.map(({ head }) => Buffer.from(head.owner).toString('hex')).toSorted()

test('what owners said is there in the next life, what somebody waits for at once and the rest after a stop', async () => {
  await withStore(async (store) => {
    const [self, other] = [newIdentity(), newIdentity()]
    const states = [stateOf(self, 'relay'), stateOf(other, 'guest')]
    const disk = diskOf(store, self, states)
    disk.keep(self.publicKey)
    await disk.flush()
    expect(ownersOf(await diskOf(store, self, [], 3).restore())).toEqual(ownersOf(states.slice(0, 1)))
    disk.keep(other.publicKey)
    await disk.stop()
    expect(ownersOf(await diskOf(store, self, [], 3).restore())).toEqual(ownersOf(states))
    // Who is forgotten is so on disk too.
    disk.forget(other.publicKey)
    await disk.flush()
    expect(ownersOf(await diskOf(store, self, [], 3).restore())).toEqual(ownersOf(states.slice(0, 1)))
  })
})

test('what is not signed for this network, damaged, or was not heard of for a day is let go', async () => {
  await withStore(async (store) => {
    const [self, foreign, forged, damaged, late, good] = Array.from({ length: 6 }, newIdentity) as [
      Identity,
      Identity,
      Identity,
      Identity,
      Identity,
      Identity,
    ]
    const fake = stateOf(forged, 'x')
    const states = [
      stateOf(foreign, 'x', new Uint8Array(32).fill(2)),
      { ...fake, head: { ...fake.head, signature: new Uint8Array(64) } },
      stateOf(good, 'x'),
      stateOf(late, 'x'),
    ]
    const disk = diskOf(store, self, states)
    for (const { head } of states) disk.keep(head.owner)
    await disk.flush()
    await store.call('state.keep', {
      states: [{ owner: damaged.publicKey, bytes: Buffer.from('no state') }],
      now: Date.now(),
    })
    await store.call('state.heard', { owners: [late.publicKey], now: Date.now() - 86_400_001 })
    expect(ownersOf(await diskOf(store, self, []).restore())).toEqual(ownersOf([states[2]!]))
    expect(await store.ask('state.list', undefined)).toHaveLength(1)
  })
})

test('of our own, what a later life has said is no ground to stand on', async () => {
  await withStore(async (store) => {
    const self = newIdentity()
    const disk = diskOf(store, self, [stateOf(self, 'x')])
    disk.keep(self.publicKey)
    await disk.flush()
    expect(await diskOf(store, self, [], 1).restore()).toEqual([])
  })
})
