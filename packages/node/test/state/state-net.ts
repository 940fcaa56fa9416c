import { createHash } from 'node:crypto'
import { concatBytes, equalBytes, peerIdFromKey } from '@grapevine/protocol'
import { type OwnerState, Replica, type StateAction, type StateEvent } from '@grapevine/protocol/state'
import { refusal } from '../../src/state/refusal.ts'
import { State } from '../../src/state/state.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
const fakeSign = (owner: Uint8Array, bytes: Uint8Array): Uint8Array =>
  concatBytes(sha256(concatBytes(owner, bytes)), owner)

/** A node's state over a real replica, whose frames go to the others at once. */
export class StateNode {
  readonly replica: Replica
  readonly state: State
  readonly peerId: string
  readonly #net: StateNet
  readonly #owner: Uint8Array

  constructor(net: StateNet, name: string, epoch: number, states: readonly OwnerState[]) {
    this.#net = net
    this.#owner = sha256(Buffer.from(name))
    this.peerId = peerIdFromKey(this.#owner)
    this.replica = new Replica({ networkId: sha256(Buffer.from('net')), owner: this.#owner, epoch, seed: 1, sha256 })
    this.state = new State({
      peerId: this.peerId,
      owner: this.#owner,
      epoch,
      replica: this.replica,
      write: async (writes) => {
        const actions = this.act({ type: 'write', writes, time: Date.now() * 1000 })
        const refused = actions.find((action) => action.type === 'refused')
        if (refused !== undefined) throw refusal(refused)
      },
      knownPeers: () => net.names(),
    })
    this.act({ type: 'restore', states })
  }

  /** As a cluster does with who failed or left long ago. */
  forget(name: string): void {
    const { peerId } = this.#net.nodes.get(name)!
    const owner = sha256(Buffer.from(name))
    const entries = this.replica.stateOf(owner)?.entries ?? []
    this.act({ type: 'forget', owner })
    this.state.changed(
      { peer: peerId, epoch: 0 },
      entries.map(({ key }) => ({ key, value: undefined, time: 0, version: 0 })),
    )
  }

  act(event: StateEvent): StateAction[] {
    const done: StateAction[] = []
    const queue = [event]
    for (const next of queue) {
      for (const action of this.replica.handle(next, this.#net.now)) {
        done.push(action)
        if (action.type === 'sign')
          queue.push({ type: 'signed', ref: action.ref, signature: fakeSign(this.#owner, action.bytes) })
        if (action.type === 'verify') {
          const valid = equalBytes(action.signature, fakeSign(action.owner, action.bytes))
          queue.push({ type: 'verified', ref: action.ref, valid })
        }
        if (action.type === 'send') this.#net.send(this.peerId, action.peer, action.bytes)
        if (action.type === 'changed') this.state.changed(action, action.changes)
      }
    }
    return done
  }
}

/** Nodes under virtual time; nobody talks until `meet`. */
export class StateNet {
  now = 0
  readonly nodes = new Map<string, StateNode>()
  #epoch = 0
  readonly #frames: { from: string; to: string; bytes: Uint8Array }[] = []

  /** Starts a node, or starts it anew with what it had. */
  start(name: string, states: readonly OwnerState[] = []): StateNode {
    const node = new StateNode(this, name, ++this.#epoch, states)
    this.nodes.set(name, node)
    return node
  }

  names(): { readonly peerId: string; readonly name: string }[] {
    return [...this.nodes].map(([name, { peerId }]) => ({ peerId, name }))
  }

  send(from: string, to: string, bytes: Uint8Array): void {
    this.#frames.push({ from, to, bytes })
  }

  /** These nodes exchange, and nobody else does, until all of them hold the same. */
  meet(...names: readonly string[]): void {
    const nodes = names.map((name) => this.nodes.get(name)!)
    for (const node of nodes) {
      const live = nodes.filter((other) => other !== node).map(({ peerId }) => peerId)
      node.act({ type: 'contacts', live, dead: [], seeds: [] })
    }
    const prints = (): Set<string> =>
      new Set(nodes.map(({ replica }) => `${replica.size.owners} ${replica.fingerprint.join()}`))
    for (const end = this.now + 60_000; prints().size > 1; this.now += 50) {
      if (this.now > end) throw new Error('never the same')
      for (const node of nodes) node.act({ type: 'tick' })
      while (this.#frames.length > 0) {
        const { from, to, bytes } = this.#frames.shift()!
        nodes.find(({ peerId }) => peerId === to)?.act({ type: 'frame', peer: from, bytes })
      }
    }
  }
}
