import { describe, expect, test } from 'vitest'
import {
  judgeReach,
  type ProbeDoor,
  type ProbeLink,
  type ReachRow,
  type ReachSubject,
  type ReachVerdict,
} from '@grapevine/protocol/probe'

/** `us`, then others `a`, `b` …: what each found, as `LINK/DOOR`. */
const rowsOf = (...findings: readonly string[]): ReachRow[] =>
  findings.map((text, at) => {
    const [link, door, ms = '20'] = text.split('/') as [ProbeLink, ProbeDoor, string?]
    const from = at === 0 ? 'us' : String.fromCharCode(96 + at)
    return { from, isSelf: at === 0, finding: { link, door, ...(link === 'answers' && { ms: Number(ms) }) } }
  })
const subjectOf = (findings: readonly string[], more: Partial<ReachSubject> = {}): ReachSubject => ({
  rows: rowsOf(...findings),
  isLeft: false,
  silentSince: undefined,
  ...more,
})

describe('what is likely wrong with a member', () => {
  test.each<[ReachVerdict, string[], string[]]>([
    ['fine', ['answers/open', 'answers/open', 'answers/untried'], []],
    ['fine', ['answers/open', 'stranger/untried', 'busy/untried'], []],
    ['slow', ['answers/open/1500', 'answers/open/2000', 'answers/open/30'], []],
    ['one-way', ['answers/silent', 'answers/silent'], ['us', 'a']],
    ['one-way', ['answers/open', 'answers/refused', 'answers/open'], ['a']],
    ['only-us', ['none/silent', 'answers/open', 'answers/open'], ['us']],
    ['only-us', ['silent/open', 'answers/open'], ['us']],
    ['only-one', ['answers/open', 'answers/open', 'none/silent'], ['b']],
    ['partition', ['none/silent', 'none/silent', 'answers/open', 'answers/open'], ['us', 'a']],
    ['stopped', ['none/refused', 'none/silent', 'none/untried'], []],
    ['frozen', ['silent/open', 'none/open', 'none/silent'], []],
    ['moved', ['none/other', 'none/silent'], []],
    ['dead', ['none/silent', 'silent/silent'], []],
    ['unknown', ['none/untried', 'stranger/untried', 'busy/untried'], []],
    ['unknown', [], []],
  ])('%s: %j', (verdict, findings, by) => {
    expect(judgeReach([subjectOf(findings)])).toEqual([{ verdict, by }])
  })

  test('is not that it said goodbye, while somebody reaches it', () => {
    const left = (...findings: string[]): ReachSubject => subjectOf(findings, { isLeft: true })
    expect(judgeReach([left('none/refused'), left('answers/open'), left()]).map(({ verdict }) => verdict)).toEqual([
      'left',
      'fine',
      'left',
    ])
  })

  test('is the network, if others are silent since the same moment', () => {
    const silent = (silentSince: number): ReachSubject => subjectOf(['none/silent', 'none/silent'], { silentSince })
    const verdicts = (...subjects: ReachSubject[]): string[] => judgeReach(subjects).map(({ verdict }) => verdict)
    expect(verdicts(silent(1000), silent(9000), silent(60_000))).toEqual(['cut-off', 'cut-off', 'dead'])
    // One whose machine answers is not silent.
    expect(verdicts(silent(1000), subjectOf(['none/refused'], { silentSince: 1000 }))).toEqual(['dead', 'stopped'])
  })
})
