import { sha256, toHex, wireTopic } from '@grapevine/protocol'
import {
  type Bound,
  boundAt,
  encodeFrame,
  firstBound,
  type Frame,
  KeyList,
  lastBound,
  SetIndex,
  sketchKey,
} from '@grapevine/protocol/reconcile'

const everything = { from: firstBound, to: lastBound }
const topic = 'chat'
const wordsOfSymbol = 9

/** The examples of reconciliation: keys and what follows from them, and frames of every type. */
export function reconcileVectors(networkId: Uint8Array): object {
  const hashKey = sketchKey(networkId, topic)
  const indexOf = (keys: readonly Bound[]): SetIndex => {
    const index = new SetIndex(hashKey)
    for (const { time, id } of keys) index.add(time, id)
    return index
  }
  const keys = [0, 1, 1, 1_767_225_600_000_000, 1_767_225_600_000_001, Number.MAX_SAFE_INTEGER - 1].map((time, at) => ({
    time,
    id: sha256(Buffer.from(`key ${at}`)).slice(0, 16),
  }))
  const index = indexOf(keys)
  return {
    comment:
      'Bytes in hex. A key belongs to the symbols listed, of the first 16,384. Numbers up to 2^53 - 1 are strings.',
    networkId: toHex(networkId),
    topic,
    sketchKey: toHex(hashKey),
    keys: keys.map((key) => {
      const symbols = symbolsOf(indexOf([key]))
      const used = symbols.flatMap((symbol, at) => (/[^0]/.test(symbol) ? [at] : []))
      return { ...textOf(key), hash: symbols[0]!.slice(48, 64), symbols: used }
    }),
    set: {
      count: index.count,
      sum: toHex(index.summary(everything).sum),
      symbols: symbolsOf(index).slice(0, 8),
    },
    frames: Object.entries(frames(wireTopic(networkId, topic), keys, index)).map(([name, frame]) => ({
      name,
      frame: jsonOf(frame),
      wire: toHex(encodeFrame(frame)),
    })),
    invalid: invalid(),
  }
}

function symbolsOf(index: SetIndex): string[] {
  const words = index.rangeSketch(everything)!.upTo(16_384)
  const hex = Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('')
  return hex.match(new RegExp(`.{${wordsOfSymbol * 8}}`, 'g'))!
}

function frames(onWire: string, keys: readonly Bound[], index: SetIndex): Readonly<Record<string, Frame>> {
  const none = new Uint8Array(0)
  const list = new KeyList()
  const sorted = index.keys(everything, Infinity)
  for (let at = 1; at < 4; at++) list.push(sorted.time(at), sorted.id(at))
  const symbols = Uint8Array.from(Buffer.from(symbolsOf(index).slice(0, 2).join(''), 'hex'))
  const probe = { index: 300, symbol: Uint8Array.from(Buffer.from(symbolsOf(index)[300]!, 'hex')) }
  const parts = index.parts(everything, [2, 4])
  const ranges = [
    { from: boundAt(0), to: parts[1]!.from },
    { from: parts[2]!.from, to: lastBound },
  ]
  const record = { keys: Uint8Array.of(0, 1), bytes: Buffer.from('an envelope'), rest: 0 }
  const large = { keys: Uint8Array.of(1), bytes: Buffer.from('the beginning'), rest: 70_000 }
  return {
    'an opening': { type: 'open', topic: onWire, mode: 'sync', floor: 0, end: Number.MAX_SAFE_INTEGER },
    'an opening to verify': { type: 'open', topic: onWire, mode: 'verify', floor: keys[3]!.time, end: keys[4]!.time },
    'a summary': { type: 'summary', from: 0, end: Number.MAX_SAFE_INTEGER, parts, symbolsMax: 16_384, symbols, probe },
    'a summary of nothing': {
      type: 'summary',
      from: 7,
      end: 7,
      parts: [],
      symbolsMax: 0,
      symbols: none,
      probe: { index: 0, symbol: none },
    },
    'a question for symbols': { type: 'ask-symbols', to: 300 },
    symbols: { type: 'symbols', symbols },
    'a question for parts': { type: 'ask-parts', parts: 16, ranges },
    parts: { type: 'parts', parts },
    'no parts': { type: 'parts', parts: [] },
    'a question for keys': { type: 'ask-keys', ranges },
    keys: { type: 'keys', keys: list, last: false },
    'no more keys': { type: 'keys', keys: new KeyList(), last: true },
    'keys that the answerer lacks': { type: 'have', keys: list, last: true },
    'keys that it refused': { type: 'refused', keys: list.slice(0, 1), last: true },
    'keys that are wanted': { type: 'want', keys: list, bytesMax: 1_048_576 },
    'a record, and the beginning of another': {
      type: 'records',
      pieces: [record, large],
      missing: none,
      refused: none,
      last: false,
    },
    'no more records': {
      type: 'records',
      pieces: [],
      missing: Uint8Array.of(0, 4),
      refused: Uint8Array.of(1),
      last: true,
    },
    'the end': { type: 'end', code: 'done' },
    'a refusal': { type: 'end', code: 'not-held' },
  }
}

function invalid(): object[] {
  const id = 'ab'.repeat(16)
  return [
    { name: 'nothing', wire: '' },
    { name: 'two messages in one frame', wire: '6a0208016a020801' },
    { name: 'an unknown message', wire: '72020801' },
    { name: 'keys that are not ascending', wire: `42260a2205${id}00${id}1001` },
    { name: 'no keys, and not the last', wire: '4200' },
    { name: 'a range that ends where it begins', wire: '3a060a0408051805' },
    { name: 'half a symbol', wire: `22140a12${'00'.repeat(18)}` },
  ]
}

function textOf({ time, id }: Bound): object {
  return { time: String(time), id: toHex(id) }
}

/** A frame as JSON: bytes in hex, numbers as text, keys as objects. */
function jsonOf(value: unknown): unknown {
  if (value instanceof KeyList) return Array.from({ length: value.length }, (_, at) => jsonOf(value.bound(at)))
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonOf(member)]))
}
