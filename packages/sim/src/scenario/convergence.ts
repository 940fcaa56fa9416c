import { keyOf, keySize, type StoreRecord } from '@grapevine/protocol'
import { keyText, keyTexts, type Disk } from '../disk.ts'
import type { HostId } from '../world.ts'
import { isByContent, type TopicKind } from './plan.ts'

/** A publish that was acknowledged. */
export interface Expected {
  readonly topic: TopicKind
  /** As in the index of the store; the first 16 bytes count. */
  readonly key: Uint8Array
  /** For people. */
  readonly name: string
}

/** What is wrong with the stores, and where. */
export interface Difference {
  readonly invariant: 'held' | 'equal'
  readonly host: HostId
  readonly detail: string
}

/** Records that some disk took at some time, by topic and key. */
export class Archives {
  readonly #records = new Map<string, StoreRecord>()

  add(record: StoreRecord): void {
    for (let at = 0; at < record.keys.length; at += keySize) {
      this.#records.set(nameOf(record.topic, record.keys.subarray(at, at + keySize)), record)
    }
  }

  find(topic: string, key: Uint8Array): StoreRecord | undefined {
    return this.#records.get(nameOf(topic, key.subarray(0, keySize)))
  }
}

const nameOf = (topic: string, key: Uint8Array): string => `${topic}/${keyOf(key)}`

/**
 * Compares the disks of the honest holders of a topic above the highest of their floors, and looks there for what was
 * acknowledged. Returns the first difference, or undefined if there is none. A topic whose ids come from content has no
 * range that all share once somebody has let go of something: then it is not compared.
 */
export function compareDisks(
  topic: TopicKind,
  holders: ReadonlyMap<HostId, Disk>,
  expected: readonly Expected[],
  archives: Archives,
): Difference | undefined {
  const [[first, disk] = [], ...others] = holders
  if (first === undefined || disk === undefined) return undefined
  const isCommon = commonRange(topic, [...holders.values()])
  if (isCommon === undefined) return undefined
  const own = keysOf(disk, topic, isCommon)
  for (const [host, other] of others) {
    const keys = keysOf(other, topic, isCommon)
    if (keys.size === own.size && [...own].every((text) => keys.has(text))) continue
    return { invariant: 'equal', host, detail: `${topic}: ${keys.size} messages, and ${own.size} on ${first}` }
  }
  for (const message of expected) {
    if (message.topic !== topic) continue
    const record = archives.find(topic, message.key)
    if (record !== undefined && !isCommon(record)) continue
    if (record !== undefined && own.has(keyText(topic, record.keyTime, message.key))) continue
    return { invariant: 'held', host: first, detail: message.name }
  }
  return undefined
}

/** Whether a record is above all floors; undefined if there is no such range. */
export function commonRange(topic: TopicKind, disks: readonly Disk[]): ((record: StoreRecord) => boolean) | undefined {
  const floors = disks.map((disk) => disk.floors.get(topic)).filter((floor) => floor !== undefined)
  if (floors.length > 0 && isByContent(topic)) return undefined
  const floor = Math.max(0, ...floors.map(({ time }) => time))
  const authors = new Map<string, number>()
  for (const { authors: single } of floors) {
    for (const [author, { time }] of single) authors.set(author, Math.max(time, authors.get(author) ?? 0))
  }
  return ({ time, author }) => time >= floor && time >= (authors.get(keyOf(author)) ?? 0)
}

function keysOf(disk: Disk, topic: TopicKind, isCommon: (record: StoreRecord) => boolean): Set<string> {
  const keys = new Set<string>()
  for (const { record } of disk.records) {
    if (record.topic === topic && isCommon(record)) for (const text of keyTexts(record)) keys.add(text)
  }
  return keys
}
