import type { SharedChangeView, SharedView, StateChangeView, StateView, ValueInput } from '@grapevine/protocol/control'
import { decodeUtf8 } from '@grapevine/protocol'
import type { SharedChange, SharedEntry, StateChange, StateEntry } from '../cluster/state-api.ts'
import { textOrBase64 } from '../control-view.ts'

/** Bytes of a value that lists show, at most. */
const previewBytes = 256

/** A key with its whole value. */
export const viewEntry = ({ value, ...entry }: StateEntry): StateView => ({
  ...entry,
  size: value.length,
  ...textOrBase64(value),
})

/** A key with the beginning of its value. */
export const previewEntry = ({ value, ...entry }: StateEntry): StateView => ({
  ...entry,
  size: value.length,
  ...preview(value),
})

/** A change, with the whole value. */
export const viewChange = ({ value, version, time, present, ...change }: StateChange): StateChangeView => ({
  change: value === undefined ? 'removed' : 'set',
  peerId: change.peerId,
  key: change.key,
  epoch: change.epoch,
  ...(version !== undefined && { version }),
  ...(time !== undefined && { time }),
  ...(value !== undefined && { size: value.length, ...textOrBase64(value) }),
  ...(present && { present: true }),
})

/** A shared key with its whole value. */
export const viewShared = ({ value, count, elements, ...entry }: SharedEntry): SharedView => ({
  ...entry,
  ...(value !== undefined && { size: value.length, ...textOrBase64(value) }),
  ...(count !== undefined && { count: exact(count) }),
  ...(elements && { count: elements.length, elements: elements.map(textOrBase64) }),
})

/** A shared key with the beginning of its value, and how many elements it has. */
export const previewShared = ({ value, count, elements, ...entry }: SharedEntry): SharedView => ({
  ...entry,
  ...(value !== undefined && { size: value.length, ...preview(value) }),
  ...(count !== undefined && { count: exact(count) }),
  ...(elements && { count: elements.length }),
})

/** A change of a shared key. */
export const viewSharedChange = ({ present, ...entry }: SharedChange): SharedChangeView => ({
  change: entry.kind === 'value' && entry.value === undefined ? 'removed' : 'set',
  ...viewShared(entry),
  ...(present && { present: true }),
})

/** The bytes of a value as JSON holds it; the schemas of the routes see to it that there is one of the two. */
export const bytesOfInput = ({ text, base64 }: ValueInput): Uint8Array | string =>
  text ?? Buffer.from(base64 ?? '', 'base64')

/** A number where that is exact. */
const exact = (count: bigint): number | string =>
  BigInt.asIntN(54, count) === count && Number.isSafeInteger(Number(count)) ? Number(count) : String(count)

function preview(value: Uint8Array): Pick<StateView, 'text' | 'base64' | 'cut'> {
  if (value.length <= previewBytes) return textOrBase64(value)
  // A cut inside of a character does not make text into something else.
  for (let end = previewBytes; end > previewBytes - 4; end--) {
    const text = decodeUtf8(value.subarray(0, end))
    if (text !== undefined) return { text, cut: true }
  }
  return { ...textOrBase64(value.subarray(0, previewBytes)), cut: true }
}
