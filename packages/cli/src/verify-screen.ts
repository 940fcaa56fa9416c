import type { ComparisonView, LackView, TimeRangeView, TopicVerifyView } from '@grapevine/protocol/control'
import { plural, styled } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** Digits of a root that are shown. */
const rootDigits = 16
/** Spans of time that are shown for each peer. */
const spansMax = 3

/** Stores side by side, for people: this node first, then each peer with what differs. */
export function verifyScreen(view: TopicVerifyView): string {
  const { topic, range, self, peers } = view
  const refused = Object.entries(self.refused).map(([reason, count]) => `${count} ${reason}`)
  const own = refused.length === 0 ? 'this node' : `this node, which refused ${refused.join(', ')}`
  return [
    `${safe(topic)}, ${rangeText(range)}`,
    ...table([[self.short, ...numbers(self), own], ...peers.map(row)]),
    ...peers.flatMap(spansOf),
  ].join('\n')
}

/** The range that was compared, in words. */
export function rangeText({ from, to }: TimeRangeView): string {
  if (from === undefined && to === undefined) return 'all that is kept'
  return `author times ${from === undefined ? 'up' : `from ${from}`} to ${to ?? 'now'}`
}

/** What one side lacks, in words. */
export function lackText({ missing, refused }: LackView): string {
  const parts = [
    ...(missing > 0 || refused === 0 ? [String(missing)] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ]
  return parts.join(' and ')
}

const numbers = ({ count, root }: { count: number; root: string }): string[] => [
  plural(count, 'message'),
  root.slice(0, rootDigits),
]

function row(peer: ComparisonView): string[] {
  const name = peer.name === undefined ? peer.short : `${peer.short} (${safe(peer.name)})`
  const { state, count, root, detail } = peer
  if (count === undefined || root === undefined)
    return [name, '', '', styled('yellow', `${label[state]}: ${safe(detail ?? '')}`)]
  return [
    name,
    ...numbers({ count, root }),
    state === 'equal' ? styled('green', 'equal') : styled('red', difference(peer)),
  ]
}

const label: Readonly<Record<ComparisonView['state'], string>> = {
  equal: 'equal',
  refused: 'differs',
  differs: 'differs',
  'not-held': 'no store',
  unsupported: 'cannot be asked',
  'no-answer': 'no answer',
  unreachable: 'unreachable',
}

function difference({ lackedHere, lackedThere, complete }: ComparisonView): string {
  const parts = [
    ...lacks('this node', lackedHere),
    ...lacks('it', lackedThere),
    ...(complete === false ? ['and there is more'] : []),
  ]
  return `differs: ${parts.join(', ')}`
}

function lacks(who: string, lack: LackView | undefined): string[] {
  if (lack === undefined) return []
  const { missing, refused } = lack
  return [...(missing > 0 ? [`${who} lacks ${missing}`] : []), ...(refused > 0 ? [`${who} refused ${refused}`] : [])]
}

/** In which times the missing messages of a peer lie. */
function spansOf({ short, lackedHere, lackedThere }: ComparisonView): string[] {
  const sides = [
    [`this node lacks of ${short}`, lackedHere],
    [`${short} lacks`, lackedThere],
  ] as const
  return sides.flatMap(([who, lack]) => {
    const spans = lack?.spans ?? []
    const shown = spans.slice(0, spansMax).map(({ from, to, count }) => `${count} from ${from} to ${to}`)
    if (spans.length > spansMax) shown.push(`… (all with --json)`)
    return shown.length === 0 ? [] : [`  ${who}: ${shown.join('; ')}`]
  })
}
