import { keyOf, sha256, toHex } from '@grapevine/protocol'
import { encodeCoordinate } from '@grapevine/protocol/coordinate'
import {
  encodeStateFrame,
  type ExchangeFrame,
  headSignedBytes,
  makeEntry,
  rootOf,
  type StateFrame,
} from '@grapevine/protocol/state'

/** Signs with the key that all examples of state are signed with. */
interface StateSigner {
  readonly owner: Uint8Array
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

const epoch = 1_767_225_600_000
const noWords = new Uint32Array(0)

/** The examples of replicated state: entries, what a head signs over them, and frames. */
export function stateVectors(networkId: Uint8Array, { owner, sign }: StateSigner): object {
  const time = epoch * 1000
  const entries = [
    makeEntry({ key: 'role', version: 1, time, value: Buffer.from('relay') }),
    makeEntry({ key: 'empty', version: 2, time, value: new Uint8Array(0) }),
    makeEntry({ key: 'gone', version: 300, time: time + 1, value: undefined }),
  ]
  const fields = { owner, epoch, version: 300, floor: 0 }
  const root = rootOf(fields, entries, sha256)
  const signedBytes = headSignedBytes(networkId, root)
  const head = { ...fields, count: entries.length, root, signature: sign(signedBytes) }
  const whole = { head, from: 0, entries: entries.map(({ bytes }) => bytes), isCut: false }
  const mark = { id: keyOf(owner.slice(0, 16)), epoch, version: 2, tag: 0 }
  const place = encodeCoordinate({ vector: [12.345, -0.001, 0, 10_000], height: 0.01, adjustment: -3, error: 0.25 })
  const base: ExchangeFrame = {
    type: 'exchange',
    exchange: 7,
    step: 1,
    split: 0,
    fingerprints: noWords,
    covered: [],
    marks: [],
    deltas: [],
  }
  const frames: Readonly<Record<string, StateFrame>> = {
    'an opening that lists all owners': { ...base, split: 1, covered: [0], marks: [mark] },
    'an opening with fingerprints': {
      ...base,
      exchange: 2 ** 32 - 1,
      split: 4,
      fingerprints: Uint32Array.of(1, 2, 0, 0, 2 ** 32 - 1, 5, 0, 7),
    },
    'an answer: the digest of two ranges': { ...base, step: 2, split: 4, covered: [0, 3], marks: [mark] },
    'an answer: nothing differs': { ...base, step: 2 },
    'an answer: where the sender is': { ...base, step: 2, place },
    'a state from the beginning': { ...base, step: 3, deltas: [whole] },
    'a state after version 2': { ...base, step: 3, deltas: [{ ...whole, from: 2, entries: whole.entries.slice(2) }] },
    'a state that is cut': {
      ...base,
      step: 4,
      deltas: [{ ...whole, entries: whole.entries.slice(0, 1), isCut: true }],
    },
    'a beat': { type: 'beat', epoch, count: 9 },
  }
  return {
    comment: 'Bytes in hex, but keys are text. Numbers are strings.',
    networkId: toHex(networkId),
    entries: entries.map((entry) => ({
      fields: {
        key: entry.key,
        version: String(entry.version),
        time: String(entry.time),
        ...(entry.value !== undefined && { value: toHex(entry.value) }),
      },
      wire: toHex(entry.bytes),
      hash: toHex(entry.hash),
    })),
    head: {
      owner: toHex(owner),
      epoch: String(epoch),
      version: '300',
      floor: '0',
      root: toHex(root),
      signedBytes: toHex(signedBytes),
      signature: toHex(head.signature),
    },
    frames: Object.entries(frames).map(([name, frame]) => ({
      name,
      frame: jsonOf(
        frame.type === 'exchange'
          ? { ...frame, marks: frame.marks.map((each) => ({ ...each, id: toHex(owner.slice(0, 16)) })) }
          : frame,
      ),
      wire: toHex(encodeStateFrame(frame)),
    })),
    invalid: invalid(base, mark.id),
  }
}

function invalid(base: ExchangeFrame, id: string): object[] {
  const mark = { id, epoch: 1, version: 1, tag: 0 }
  const beat = encodeStateFrame({ type: 'beat', epoch: 1, count: 1 })
  const cases: Readonly<Record<string, Uint8Array>> = {
    'a frame without content': new Uint8Array(0),
    'a frame of two kinds': Buffer.concat([encodeStateFrame(base), beat]),
    'step 5': encodeStateFrame({ ...base, step: 5 }),
    'exchange 0': encodeStateFrame({ ...base, exchange: 0 }),
    'three ranges': encodeStateFrame({ ...base, split: 3, covered: [0] }),
    'ranges that nothing refers to': encodeStateFrame({ ...base, split: 4 }),
    'fingerprints of too few ranges': encodeStateFrame({ ...base, split: 4, fingerprints: new Uint32Array(6) }),
    'fingerprints in a later step': encodeStateFrame({
      ...base,
      step: 2,
      split: 4,
      fingerprints: new Uint32Array(8),
    }),
    'a range beyond the last': encodeStateFrame({ ...base, split: 2, covered: [2] }),
    'ranges out of order': encodeStateFrame({ ...base, split: 2, covered: [1, 0] }),
    'a place in an opening': encodeStateFrame({ ...base, place: new Uint8Array(26) }),
    'a place of another size': encodeStateFrame({ ...base, step: 2, place: new Uint8Array(27) }),
    'a mark twice': encodeStateFrame({ ...base, split: 1, covered: [0], marks: [mark, mark] }),
    'a beat of no life': encodeStateFrame({ type: 'beat', epoch: 0, count: 1 }),
  }
  return Object.entries(cases).map(([name, wire]) => ({ name, wire: toHex(wire) }))
}

function jsonOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (value instanceof Uint32Array) return Array.from(value, String)
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonOf(member)]))
}
