import type { PeerId } from '../event.ts'
import type { ProbeFinding } from './finding.ts'

/**
 * What is likely wrong with a member.
 * - `fine`: all that tried reach it.
 * - `slow`: they reach it, but it takes long.
 * - `one-way`: it is reached over links that it has made itself, but those in `by` cannot connect to it: a firewall or a
 *   translator of addresses is before it, or it announces addresses that are wrong.
 * - `only-us`: others reach it, and this node does not.
 * - `only-one`: all but the one in `by` reach it.
 * - `partition`: some reach it, and those in `by` do not.
 * - `cut-off`: nobody reaches it, and others are silent since the same moment: rather the network than all of them.
 * - `stopped`: nobody reaches it, and its machine says that nothing listens.
 * - `frozen`: nobody reaches it, though its machine takes connections: it does not answer.
 * - `moved`: nobody reaches it, and somebody else answers at its addresses.
 * - `dead`: nobody reaches it, and nothing comes back.
 * - `left`: nobody reaches it, and it had said goodbye.
 * - `unknown`: nobody could try.
 */
export type ReachVerdict =
  | 'fine'
  | 'slow'
  | 'one-way'
  | 'only-us'
  | 'only-one'
  | 'partition'
  | 'cut-off'
  | 'stopped'
  | 'frozen'
  | 'moved'
  | 'dead'
  | 'left'
  | 'unknown'

/** What one node found of a member. */
export interface ReachRow {
  readonly from: PeerId
  readonly isSelf: boolean
  readonly finding: ProbeFinding
}

/** A member, and all that was found of it. */
export interface ReachSubject {
  readonly rows: readonly ReachRow[]
  /** It had said goodbye. */
  readonly isLeft: boolean
  /** Since when nothing is heard of it, in ms of any clock; undefined if it is heard. */
  readonly silentSince: number | undefined
}

/** What is likely wrong, and between whom. */
export interface Reach {
  readonly verdict: ReachVerdict
  /** Whom the verdict is about beside the member: those that do not reach it, or cannot connect to it. */
  readonly by: readonly PeerId[]
}

/** Round trips longer than this are slow, in ms. A guess: more than any two places on earth are apart. */
export const slowMs = 1000
/** Members that fall silent within so many ms fell silent together: what the detector takes varies by as much. */
const togetherMs = 10_000

/** Says of each subject what is likely wrong. Pure; in the order of the subjects. */
export function judgeReach(subjects: readonly ReachSubject[]): Reach[] {
  const silent = subjects.map((subject) => (isSilent(subject) ? subject.silentSince : undefined))
  return subjects.map((subject, at) => {
    const since = silent[at]
    const isTogether = silent.some(
      (other, index) =>
        index !== at && since !== undefined && other !== undefined && Math.abs(other - since) <= togetherMs,
    )
    return judge(subject, isTogether)
  })
}

function judge({ rows, isLeft }: ReachSubject, isTogether: boolean): Reach {
  const tried = rows.filter(({ finding: { link, door } }) => hasTried(link) && (link !== 'none' || door !== 'untried'))
  const reached = tried.filter(({ finding }) => finding.link === 'answers')
  const missed = tried.filter(({ finding }) => finding.link !== 'answers')
  if (tried.length === 0) return { verdict: isLeft ? 'left' : 'unknown', by: [] }
  if (reached.length === 0) return { verdict: isLeft ? 'left' : whyNobody(missed, isTogether), by: [] }
  const by = missed.map(({ from }) => from)
  if (missed.length > 1) return { verdict: 'partition', by }
  if (missed.length === 1) return { verdict: missed[0]!.isSelf ? 'only-us' : 'only-one', by }
  const shut = reached.filter(({ finding: { door } }) => door === 'silent' || door === 'refused' || door === 'other')
  if (shut.length > 0) return { verdict: 'one-way', by: shut.map(({ from }) => from) }
  const times = reached.map(({ finding }) => finding.ms!).toSorted((a, b) => a - b)
  return { verdict: times[times.length >> 1]! > slowMs ? 'slow' : 'fine', by: [] }
}

function whyNobody(missed: readonly ReachRow[], isTogether: boolean): ReachVerdict {
  const has = (wanted: ProbeFinding['door']): boolean => missed.some(({ finding: { door } }) => door === wanted)
  if (has('open')) return 'frozen'
  if (has('refused')) return 'stopped'
  if (has('other')) return 'moved'
  return isTogether ? 'cut-off' : 'dead'
}

/** Nothing comes back from it to anybody. */
function isSilent({ rows, isLeft }: ReachSubject): boolean {
  const doors = rows.map(
    ({ finding: { link, door } }) => link !== 'answers' && (door === 'silent' || door === 'untried'),
  )
  return !isLeft && doors.length > 0 && doors.every(Boolean)
}

const hasTried = (link: ProbeFinding['link']): boolean => link !== 'stranger' && link !== 'busy'
