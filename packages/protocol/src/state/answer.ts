import { headSizeMax } from './frame-encode.ts'
import { type Delta, type ExchangeFrame, type Mark, markSize, rangesMax } from './frame.ts'
import type { StateLimits } from './limits.ts'
import { compareHead, compareOrder, type OwnerState } from './owner-state.ts'
import { markOf, type OwnerRow, type OwnerTable } from './owner-table.ts'

/** What the digests and deltas of a frame are drawn from. */
export interface AnswerContext {
  readonly table: OwnerTable
  readonly limits: StateLimits
  readonly random: () => number
}

/** Owners that a range has on average: a digest of it takes 512 bytes. */
const ownersPerRange = 16
const noWords = new Uint32Array(0)

/** A state that the other side lacks, after version `from`. */
interface Lack {
  readonly state: OwnerState
  readonly from: number
}

/** Opens an exchange: all owners if they are few, else a fingerprint for each of several ranges. */
export function openingOf({ table, limits }: AnswerContext, exchange: number): ExchangeFrame {
  const base = { type: 'exchange' as const, exchange, step: 1, deltas: [] }
  if (table.size <= Math.min(limits.listedOwnersMax, limits.digestBytesMax / markSize)) {
    return { ...base, split: 1, fingerprints: noWords, covered: [0], marks: sorted([...table.rows()].map(markOf)) }
  }
  const split = Math.min(rangesMax, 2 ** Math.ceil(Math.log2(table.size / ownersPerRange)))
  return { ...base, split, fingerprints: table.fingerprints(split), covered: [], marks: [] }
}

/**
 * The next step, to a frame of step 1 to 3: a digest of the ranges whose fingerprints differ, what the other side lacks, and
 * marks of what we lack. Undefined if there is nothing to say, but a step 1 is always answered.
 */
export function answerTo(frame: ExchangeFrame, context: AnswerContext): ExchangeFrame | undefined {
  const { table, limits, random } = context
  const { exchange, step, split, fingerprints } = frame
  if (step === 4) return undefined
  const { lacks, wanted } = compare(frame, table)
  const room = Math.floor(limits.digestBytesMax / markSize)
  const marks = wanted.slice(0, room)
  const covered: number[] = []
  if (fingerprints.length > 0) {
    const ours = table.fingerprints(split)
    const differing: number[] = []
    for (let at = 0; at < ours.length; at += 2) {
      if (ours[at] !== fingerprints[at] || ours[at + 1] !== fingerprints[at + 1]) differing.push(at >> 1)
    }
    // What does not fit has its turn in another round, because the first one is drawn.
    const first = Math.floor(random() * differing.length)
    for (const range of [...differing.slice(first), ...differing.slice(0, first)]) {
      const found = table.inRange(range, split)
      if (marks.length + found.length > room) continue
      for (const row of found) marks.push(markOf(row))
      covered.push(range)
    }
  }
  const deltas = pickDeltas(lacks, limits.deltaBytesMax, random)
  const next = step + 1
  if (next > 2 && deltas.length === 0 && marks.length === 0) return undefined
  const said = { type: 'exchange' as const, exchange, step: next, fingerprints: noWords, deltas }
  return {
    ...said,
    split: covered.length > 0 ? split : 0,
    covered: covered.toSorted((a, b) => a - b),
    // The last step has nobody to answer it.
    marks: next === 4 ? [] : sorted(marks),
  }
}

/** Beside the digest of a frame: states that the other side lacks, and marks of those of which it has more. */
function compare({ marks, covered, split }: ExchangeFrame, table: OwnerTable): { lacks: Lack[]; wanted: Mark[] } {
  const lacks: Lack[] = []
  const wanted: Mark[] = []
  for (const mark of marks) {
    const row = table.rowOf(mark.id)
    const order = row?.state === undefined ? -1 : compareHead(row.state.head, mark)
    if (order > 0) lacks.push({ state: row!.state!, from: baseOf(row!.state!, mark) })
    else if (
      mark.version > 0 &&
      (order < 0 || isOpen(row!)) &&
      (row === undefined || compareOrder(markOf(row), mark) < 0)
    )
      wanted.push(row === undefined ? { id: mark.id, epoch: 0, version: 0, tag: 0 } : markOf(row))
  }
  if (covered.length === 0) return { lacks, wanted }
  const named = new Set(marks.map(({ id }) => id))
  for (const range of covered) {
    for (const { id, state } of table.inRange(range, split)) {
      if (state !== undefined && !named.has(id)) lacks.push({ state, from: 0 })
    }
  }
  return { lacks, wanted }
}

/** Whether its mark is not that of its state. */
const isOpen = ({ staged, isDoubtful }: OwnerRow): boolean => staged !== undefined || isDoubtful

/** From where on a delta can build on what the other side has; 0 if it must begin anew. */
function baseOf({ head }: OwnerState, mark: Mark): number {
  return mark.epoch === head.epoch && mark.version >= head.floor && mark.version < head.version ? mark.version : 0
}

/** The stalest first: who lacks all of an owner, then who lacks most versions; what is cut goes on from there later. */
function pickDeltas(lacks: readonly Lack[], bytesMax: number, random: () => number): Delta[] {
  const lagOf = ({ state, from }: Lack): number => (from === 0 ? Infinity : state.head.version - from)
  // Among equals chance decides, or those at the end would wait for ever behind owners that never rest.
  const first = Math.floor(random() * lacks.length)
  const queue = [...lacks.slice(first), ...lacks.slice(0, first)].toSorted((a, b) => {
    const [lagA, lagB] = [lagOf(a), lagOf(b)]
    return lagA === lagB ? 0 : lagB - lagA
  })
  const deltas: Delta[] = []
  let left = bytesMax
  for (const { state, from } of queue) {
    left -= headSizeMax
    const entries: Uint8Array[] = []
    let isCut = false
    for (const { version, bytes } of state.entries) {
      if (version <= from) continue
      left -= bytes.length + 4
      if (left < 0) {
        isCut = true
        break
      }
      entries.push(bytes)
    }
    if (isCut && entries.length === 0) break
    deltas.push({ head: state.head, from, entries, isCut })
    if (isCut) break
  }
  return deltas
}

const sorted = (marks: readonly Mark[]): Mark[] => marks.toSorted((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)))
