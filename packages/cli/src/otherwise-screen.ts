import { shortPeer } from '@grapevine/protocol'
import type { Change } from '@grapevine/sim/replay'
import { shortId } from './message-id.ts'
import { plural, styled } from './output.ts'
import type { OtherwiseView } from './replay-otherwise.ts'
import { safe } from './safe.ts'

/** Changes that are shown; `--json` has all. */
const shownMax = 20

/** What would have gone otherwise. */
export function otherwiseScreen({ changes, counts, events, set, validators, supposed }: OtherwiseView): string {
  const what = [...set, ...validators.map((text) => `validator ${text}`)].map(safe).join(', ')
  const total = changes.length === 0 ? 'nothing' : plural(changes.length, 'message')
  const rows = Object.entries(counts).map(
    ([change, count]) => `  ${String(count).padStart(6)}  ${change.replace('->', '→')}`,
  )
  const lines = changes.slice(0, shownMax).map(({ id, gossipId, topic, from, before, after }) => {
    const name =
      id === undefined ? (gossipId === undefined ? 'a publish' : `envelope ${shortId(gossipId)}`) : shortId(id)
    const peer = from === undefined ? '' : ` from ${safe(shortPeer(from))}`
    const detail = after.decision?.detail === undefined ? '' : `: ${safe(after.decision.detail)}`
    return `${styled('bold', name)}  ${safe(topic)}${peer}: ${outcomeText(before)} → ${outcomeText(after)}${detail}`
  })
  return [
    `with ${what}: ${styled('bold', total)} would have gone otherwise, in ${plural(events, 'event')}`,
    ...rows,
    ...(lines.length === 0 ? [] : ['', ...lines]),
    ...(changes.length > shownMax ? [`and ${changes.length - shownMax} more, with --json`] : []),
    ...(supposed === 0 ? [] : ['', `${plural(supposed, 'answer')} that the live node never needed had to be supposed`]),
  ].join('\n')
}

/** What became of a message, in words: `accept valid, delivered`. */
export function outcomeText({ decision, isDelivered, answer }: Change['before']): string {
  const parts = [
    ...(decision === undefined ? [] : [`${decision.verdict} ${decision.reason}`]),
    ...(answer === undefined ? [] : [answer]),
    ...(isDelivered === true ? ['delivered'] : []),
  ]
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}
