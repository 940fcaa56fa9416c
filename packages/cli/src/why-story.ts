import { reasons, shortPeer } from '@grapevine/protocol'
import type { WhyView } from '@grapevine/protocol/control'
import { formatElapsed } from './duration.ts'
import { shortId } from './message-id.ts'
import { plural, styled } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

type Step = WhyView['steps'][number]

/** What a node did with a message, for people: a heading, a line for each step with its time since the first, a sum. */
export function whyStory(why: WhyView): string {
  const start = Date.parse(why.steps[0]?.at ?? '')
  const rows = why.steps.map((step) => [
    `+${formatElapsed(Date.parse(step.at) - start)}`.padStart(8),
    styled(colour(step), label(step)),
    account(step, why),
  ])
  const heard = [...dropped(why), ...awaited(why), ...contradicted(why), total(why), ...holders(why)]
  return [heading(why), ...table(rows), ...heard].join('\n')
}

function heading(why: WhyView): string {
  const parts = [`message ${shortId(why.id)} in ${safe(why.topic)}`]
  if (why.author !== undefined) parts.push(`by ${name(why.author, why)}`)
  if (why.seq !== undefined) parts.push(`number ${why.seq}`)
  // Where messages carry no time, it is that of the arrival, which the first line has.
  if (why.time !== undefined && typeof why.seq !== 'string') parts.push(`written ${why.time}`)
  return parts.join(', ')
}

const name = (peerId: string, why: WhyView): string =>
  peerId === why.self ? `this node (${shortPeer(peerId)})` : safe(shortPeer(peerId))

const label = (step: Step): string => (step.what === 'verdict' ? (step.verdict ?? step.what) : step.what)

function colour({ what, verdict }: Step): 'bold' | 'dim' | 'red' | 'green' | 'yellow' {
  if (what === 'verdict') return verdict === 'accept' ? 'green' : verdict === 'reject' ? 'red' : 'yellow'
  return what === 'copy' ? 'dim' : 'bold'
}

function account(step: Step, why: WhyView): string {
  const detail = step.detail === undefined ? '' : `: ${safe(step.detail)}`
  const peer = step.peer === undefined ? undefined : name(step.peer, why)
  if (step.what === 'verdict') {
    const reason = step.reason
    return reason === undefined
      ? detail.slice(2)
      : `${reason} (${reasons[reason]?.text ?? 'a reason of a newer node'})${detail}`
  }
  if (step.what === 'published') return `by this node${detail}`
  if (step.what === 'received') return `from ${peer ?? 'a peer'}${detail}`
  if (step.what === 'fetched') return `from the store of ${peer ?? 'a peer'}${detail}`
  if (step.what === 'stored') return `on disk${detail}`
  if (step.what === 'unstored') return `not on disk${detail}`
  if (step.what === 'copy') return `again${peer === undefined ? '' : ` from ${peer}`}${detail}`
  if (step.what === 'asked') return `${peer ?? 'a peer'} for what it waits for${detail}`
  if (step.what === 'rejudged') return step.detail === undefined ? '' : safe(step.detail)
  if (step.what === 'verified') return `the signature is its author's${detail}`
  if (step.what === 'delivered') return `to readers on this node${detail}`
  return `to ${peer ?? 'a peer'}${detail}`
}

const dropped = ({ stepsDropped }: WhyView): string[] =>
  stepsDropped === 0 ? [] : [`and ${plural(stepsDropped, 'more step')} that the journal did not keep`]

function awaited({ body }: WhyView): string[] {
  if (body === undefined) return []
  const from = body.from.map((peer) => safe(shortPeer(peer))).join(' and ')
  const progress = `(${body.have} of ${plural(body.of, 'chunk')})`
  return [
    styled(
      'yellow',
      from === ''
        ? `waiting for its body ${progress}: nobody is left to ask just now`
        : `waiting for its body from ${from} ${progress}`,
    ),
  ]
}

const contradicted = ({ evidence = [] }: WhyView): string[] =>
  evidence.map((id) => styled('red', `its author signed another message as this number: evidence ${id.slice(0, 12)}`))

function total({ steps, copies }: WhyView): string {
  const sent = steps.filter((step) => step.what === 'sent').length
  return `came again ${plural(copies, 'time')}; passed on to ${plural(sent, 'peer')}`
}

/** Who is known to hold a message of ours, and who has signed for that. */
function holders({ outbox, receipts = [] }: WhyView): string[] {
  const signed = receipts.map(
    ({ peer, storedAt }) => `${safe(shortPeer(peer))} signed that it stored it at ${storedAt}`,
  )
  if (signed.length > 0 || outbox === undefined) return signed
  if (outbox.heldBy !== undefined) return [`held by ${safe(shortPeer(outbox.heldBy))}`]
  return [outbox.state === 'queued' ? 'in the outbox: no peer yet' : 'in the outbox: no peer is known to hold it yet']
}
