import type { FindingView, ProbeView, ReachView } from '@grapevine/protocol/control'
import { styled } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** Who is named in a sentence, by peer id. */
type Names = ReadonlyMap<string, string>

/** A table of who reaches whom, a line for each member; below it what is likely wrong, a line for each that is not well. */
export function probeLines({ askers, members }: ProbeView): string[] {
  const columns = askers.filter(({ answered }) => answered)
  const names = namesOf([...askers, ...members])
  const head = ['', '', 'likely', 'this node', ...columns.map(({ peerId }) => names.get(peerId)!)]
  const rows = members.map(({ peerId, short, name, verdict, findings }) => {
    const own = findings.find(({ from }) => !askers.some((asker) => asker.peerId === from))
    const others = columns.map((column) =>
      column.peerId === peerId ? '' : cell(findings.find(({ from }) => from === column.peerId)),
    )
    return [short, safe(name ?? ''), verdictText(verdict), cell(own), ...others]
  })
  const [first, ...rest] = table([head, ...rows])
  const silent = askers.filter(({ answered }) => !answered).map(({ peerId }) => names.get(peerId)!)
  return [
    styled('dim', first!),
    ...rest,
    ...members.filter(({ verdict }) => verdict !== 'fine').map((member) => why(member, names)),
    ...(silent.length === 0 ? [] : [`asked, but did not answer: ${silent.join(', ')}`]),
  ]
}

/** `…Qm7xKd (server): …` in a sentence that says what it means, and what to look at. */
function why({ peerId, verdict, by }: ReachView, names: Names): string {
  const who = by.map((peer) => names.get(peer) ?? 'this node').join(', ')
  const texts: Readonly<Record<ReachView['verdict'], string>> = {
    fine: 'all reach it',
    slow: 'it answers, but takes long: its machine or the way to it is busy',
    'one-way': `it reaches others, but ${who} cannot connect to it: a firewall or NAT, or it announces wrong addresses`,
    'only-us': 'others reach it, only this node does not: look at the network of this machine',
    'only-one': `all reach it but ${who}: something is between these two`,
    partition: `some reach it, but not ${who}: the network is in parts`,
    'cut-off': 'nobody reaches it, and others fell silent at the same moment: rather the network than all of them',
    stopped: 'its machine answers, but no node listens there: it has ended',
    frozen: 'its machine takes connections, but the node does not answer: it hangs',
    moved: 'somebody else answers at its addresses',
    dead: 'nothing comes back from it: it is off, or cut off from all that were asked',
    left: 'it said goodbye',
    unknown: 'nobody could try: no one has an address of it',
  }
  return `${names.get(peerId)!}: ${texts[verdict]}`
}

function cell(finding: FindingView | undefined): string {
  if (finding === undefined) return '-'
  const { link, ms = 0, door } = finding
  if (link === 'answers') {
    const isShut = door === 'refused' || door === 'silent' || door === 'other'
    return `${ms.toFixed(ms < 10 ? 1 : 0)} ms${isShut ? styled('yellow', ', shut') : ''}`
  }
  if (link === 'busy' || link === 'stranger') return styled('dim', link === 'busy' ? 'busy' : 'not known')
  const doors = {
    open: 'no answer',
    refused: 'refused',
    silent: 'silent',
    other: 'somebody else',
    untried: 'no address',
  }
  return styled('red', doors[door])
}

function verdictText(verdict: ReachView['verdict']): string {
  if (verdict === 'fine') return styled('green', verdict)
  return styled(verdict === 'left' || verdict === 'unknown' ? 'dim' : verdict === 'slow' ? 'yellow' : 'red', verdict)
}

const namesOf = (all: readonly { peerId: string; short: string; name?: string }[]): Names =>
  new Map(all.map(({ peerId, short, name }) => [peerId, name === undefined ? short : `${short} (${safe(name)})`]))
