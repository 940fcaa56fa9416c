import { reasons, type CountersView, type Reason } from '@grapevine/protocol'
import type { RealBlock } from './block.ts'
import { describeHop, pathOf } from './path.ts'
import { joins, links, loadPerNode } from './plan.ts'
import type { Outcome } from './relay.ts'
import { alignTable } from './table.ts'
import type { Tally } from './tally.ts'

/** Envelopes that one node took in, by what became of them. */
interface Intake {
  readonly accepted: number
  readonly sameBytes: number
  readonly sameContent: number
  readonly received: number
}

/** The whole result of a complete run, for people; no empty line at its end. */
export function describeOutcome(block: RealBlock, tally: Tally, outcome: Outcome): string {
  return [
    describeNetwork(),
    describeBlock(block, tally, outcome),
    describePath(outcome),
    describeLoad(tally, outcome),
  ].join('\n\n')
}

function describeNetwork(): string {
  const pairs = links.map(([a, b]) => `${a + 1}-${b + 1}`).join('  ')
  return `NETWORK  ${joins.length} processes on this machine, over TCP, encrypted; connected pairs of nodes: ${pairs}`
}

function describeBlock(block: RealBlock, tally: Tally, { afterBlock, parts }: Outcome): string {
  const intakes = afterBlock.map(({ counters }) => intakeOf(counters))
  const rows = tally.nodes.map(({ deliveredAt, assembledAt }, index) => {
    const { startedAt, known } = parts[index]!
    const { received, accepted, sameBytes, sameContent } = intakes[index]!
    const published = Object.keys(startedAt).length - known
    const isWhole = assembledAt === undefined ? 'no' : 'yes'
    return [`node ${index + 1}`, published, received, accepted, sameBytes, sameContent, deliveredAt.size, isWhole]
  })
  const known = parts.reduce((sum, part) => sum + part.known, 0)
  const { medianMs, slowestMs, wholeMs } = timesOf(tally, parts)
  return [
    `BLOCK    ${block.height} of Bitcoin's testnet: its header and ${block.transactions.length} transactions, a message each`,
    `         ${block.hash}`,
    '         Every node checked everything itself: proof of work, transactions, ids, and the Merkle root of the whole.',
    '         Nodes 2 and 5 published nine transactions both; a node delivers each only once.',
    '',
    ...alignTable([
      ['', '', '', '', 'dropped:', 'dropped:', '', 'block'],
      ['', 'published', 'received', 'verified', 'same bytes', 'same content', 'delivered', 'verified'],
      ...rows,
    ]),
    '',
    ...(known === 0 ? [] : [`  not published, because the other node was faster: ${known}`]),
    `  verdicts of all nodes: ${describeVerdicts(afterBlock.map(({ counters }) => counters))}`,
    `  from publishing to delivery on all ${joins.length} nodes: median ${ms(medianMs)}, slowest ${ms(slowestMs)}; whole block ${ms(wholeMs)}`,
  ].join('\n')
}

function describePath({ txid, witnesses }: Outcome): string {
  return [
    `PATH     of one transaction, from the journals of all nodes: ${txid}`,
    '',
    ...pathOf(witnesses).map((hop) => `  ${describeHop(hop)}`),
  ].join('\n')
}

function describeLoad(tally: Tally, { afterBlock, afterLoad, load, digests }: Outcome): string {
  const intakes = afterLoad.map(({ counters }, index) => intakeOf(counters, afterBlock[index]!.counters))
  const rows = intakes.map(({ received, accepted, sameBytes, sameContent }, index) => {
    return [
      `node ${index + 1}`,
      load[index]!.count,
      received,
      accepted,
      sameBytes,
      sameContent,
      afterLoad[index]!.loaded,
    ]
  })
  const sum = (of: (intake: Intake) => number): number => intakes.reduce((total, intake) => total + of(intake), 0)
  const startedAt = Math.min(...load.map((published) => published.startedAt))
  const tookMs = Math.max(...tally.nodes.map((node) => node.load.at)) - startedAt
  const total = tally.expected.load
  // Each envelope is accepted once by every node but its author's.
  const envelopes = sum(({ accepted }) => accepted) / (intakes.length - 1)
  const isSame = new Set(digests).size === 1
  return [
    `LOAD     ${count(total)} messages of 100 bytes, ${count(loadPerNode)} from each node, in ${count(envelopes)} signed envelopes`,
    '',
    ...alignTable([
      ['', 'messages', 'envelopes', 'envelopes', 'dropped:', 'dropped:', 'messages'],
      ['', 'published', 'received', 'verified', 'same bytes', 'same content', 'delivered'],
      ...rows,
    ]),
    '',
    `  verdicts of all nodes: ${describeVerdicts(
      afterLoad.map(({ counters }) => counters),
      afterBlock.map(({ counters }) => counters),
    )}`,
    `  ${count(total)} messages were on all ${joins.length} nodes after ${ms(tookMs)}: ${count(total / (tookMs / 1000))} messages a second`,
    `  a node received each message ${(sum(({ received }) => received) / sum(({ accepted }) => accepted)).toFixed(2)} times on average`,
    isSame
      ? `  all ${joins.length} nodes hold the same set: SHA-256 over the sorted ids is ${digests[0]!.slice(0, 16)}… on each`
      : `  the nodes hold different sets: ${digests.map((digest) => digest.slice(0, 8)).join(', ')}`,
  ].join('\n')
}

function intakeOf(counters: CountersView, before?: CountersView): Intake {
  const { accept = 0, ignore = 0, reject = 0 } = counters.verdicts
  const { duplicate = 0 } = counters.reasons
  const sum = {
    accepted: accept,
    sameBytes: counters.copies,
    sameContent: duplicate,
    received: accept + ignore + reject + counters.copies,
  }
  if (before === undefined) return sum
  const earlier = intakeOf(before)
  return {
    accepted: sum.accepted - earlier.accepted,
    sameBytes: sum.sameBytes - earlier.sameBytes,
    sameContent: sum.sameContent - earlier.sameContent,
    received: sum.received - earlier.received,
  }
}

/** Over all nodes, for example `83 accept (valid), 22 ignore (duplicate), 0 reject`. */
function describeVerdicts(counters: readonly CountersView[], before: readonly CountersView[] = []): string {
  const sum = (of: (view: CountersView) => number | undefined): number =>
    [...counters.map((view) => of(view) ?? 0), ...before.map((view) => -(of(view) ?? 0))].reduce((a, b) => a + b, 0)
  return (['accept', 'ignore', 'reject'] as const)
    .map((verdict) => {
      const mine = (Object.keys(reasons) as Reason[]).filter((reason) => reasons[reason].verdict === verdict)
      const given = mine.filter((reason) => sum((view) => view.reasons[reason]) > 0).join(', ')
      return `${count(sum(({ verdicts }) => verdicts[verdict]))} ${verdict}${given === '' ? '' : ` (${given})`}`
    })
    .join(', ')
}

function timesOf(tally: Tally, parts: Outcome['parts']): { medianMs: number; slowestMs: number; wholeMs: number } {
  const starts = parts.flatMap(({ startedAt }) => Object.entries(startedAt))
  const times = [...tally.expected.block]
    .map((id) => {
      const startedAt = Math.min(...starts.filter(([of]) => of === id).map(([, at]) => at))
      return Math.max(...tally.nodes.map(({ deliveredAt }) => deliveredAt.get(id) ?? Infinity)) - startedAt
    })
    .toSorted((a, b) => a - b)
  const firstAt = Math.min(...starts.map(([, at]) => at))
  const wholeMs = Math.max(...tally.nodes.map(({ assembledAt = Infinity }) => assembledAt)) - firstAt
  return { medianMs: times[times.length >> 1]!, slowestMs: times.at(-1)!, wholeMs }
}

const count = (value: number): string => Math.round(value).toLocaleString('en')
const ms = (value: number): string => (value < 10_000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`)
