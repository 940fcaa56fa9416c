import { equalBytes } from '@grapevine/protocol'
import {
  addToCounter,
  changeSet,
  type Contribution,
  readSet,
  registerValueSizeMax,
  setElementSizeMax,
  sharedKeyOf,
  writeRegister,
} from '@grapevine/protocol/state'
import type { CounterApi, GroupApi, SharedEntry, SharedValueApi } from '../cluster/state-api.ts'
import { NodeError } from '../error.ts'
import { requireKey, requireSize } from './refusal.ts'
import { type SharedKeys, wallMicros } from './shared-keys.ts'
import { bytesOf } from './value.ts'

type Group = SharedEntry & { readonly elements: readonly Uint8Array[] }
type Counter = SharedEntry & { readonly count: bigint }

/** Registers: see {@link SharedValueApi}. */
export class SharedValues implements SharedValueApi {
  readonly #keys: SharedKeys

  constructor(keys: SharedKeys) {
    this.#keys = keys
  }

  get(key: string): SharedEntry | undefined {
    const entry = this.#keys.read({ kind: 'value', name: key })
    return entry.value === undefined ? undefined : entry
  }

  async set(key: string, value: string | Uint8Array): Promise<SharedEntry> {
    const bytes = bytesOf(value)
    requireSize(key, bytes.length, registerValueSizeMax)
    return this.#write(key, bytes)
  }

  async remove(key: string): Promise<void> {
    if (this.get(key) === undefined)
      throw new NodeError('not-found', `no shared value is called ${key}`, 'see: grapevine state shared ls')
    await this.#write(key, undefined)
  }

  async #write(name: string, value: Uint8Array | undefined): Promise<SharedEntry> {
    const key = { kind: 'value', name } as const
    await this.#keys.write(key, writeRegister(this.#keys.parts(key), { value, wall: wallMicros() }))
    return this.#keys.read(key)
  }
}

/** Counters: see {@link CounterApi}. */
export class Counters implements CounterApi {
  readonly #keys: SharedKeys

  constructor(keys: SharedKeys) {
    this.#keys = keys
  }

  get(key: string): Counter {
    return { count: 0n, ...this.#keys.read({ kind: 'counter', name: key }) }
  }

  async add(name: string, by = 1): Promise<Counter> {
    if (!Number.isSafeInteger(by)) throw new NodeError('usage', `${by} is no integer below 2^53`)
    const key = { kind: 'counter', name } as const
    const part = addToCounter(this.#keys.source.replica.get(sharedKeyOf(key)), by)
    if (part === undefined) throw new NodeError('oversize', `this node has counted ${name} to 2^53`)
    await this.#keys.write(key, part)
    return this.get(name)
  }
}

/** Groups: see {@link GroupApi}. */
export class Groups implements GroupApi {
  readonly #keys: SharedKeys

  constructor(keys: SharedKeys) {
    this.#keys = keys
  }

  get(key: string): Group {
    return { elements: [], ...this.#keys.read({ kind: 'group', name: key }) }
  }

  add(key: string, ...elements: readonly (string | Uint8Array)[]): Promise<Group> {
    return this.change(key, { add: elements })
  }

  remove(key: string, ...elements: readonly (string | Uint8Array)[]): Promise<Group> {
    return this.change(key, { remove: elements })
  }

  async change(name: string, { add = [], remove = [] }: Parameters<GroupApi['change']>[1]): Promise<Group> {
    requireKey(name)
    const key = { kind: 'group', name } as const
    const { owner, epoch } = this.#keys.source
    let parts = this.#keys.parts(key)
    let written: Uint8Array | undefined
    const apply = (change: 'add' | 'remove', given: string | Uint8Array): void => {
      const element = bytesOf(given)
      requireElement(name, element)
      const part = changeSet(parts, { self: owner, epoch, change, element })
      if (part === undefined) {
        const isThere = readSet(parts).some((each) => equalBytes(each, element))
        if (isThere === (change === 'add')) return
        throw new NodeError(
          'oversize',
          `what this node has added to ${name} takes 64 KiB`,
          'spread it over several keys',
        )
      }
      written = part
      parts = [{ owner, epoch, value: part }, ...others(parts, owner)]
    }
    for (const element of remove) apply('remove', element)
    for (const element of add) apply('add', element)
    if (written !== undefined) await this.#keys.write(key, written)
    return this.get(name)
  }
}

const others = (parts: readonly Contribution[], self: Uint8Array): Contribution[] =>
  parts.filter(({ owner }) => !equalBytes(owner, self))

function requireElement(name: string, { length }: Uint8Array): void {
  if (length >= 1 && length <= setElementSizeMax) return
  throw new NodeError('usage', `an element of ${name} has ${length} bytes`, `it may have 1 to ${setElementSizeMax}`)
}
