import { expect, test } from 'vitest'
import { checkPaper, epidemicDefaults, epidemicTrial, paperCases, rumorDefaults } from '../src/epidemic/index.ts'
import { broadcastPaperCases } from '../src/broadcast/index.ts'
import { meshPaperCases } from '../src/mesh/index.ts'

const cases = [...paperCases(), ...meshPaperCases(), ...broadcastPaperCases()]

test.each(cases.map((paper) => [`${paper.source}: ${paper.name}`, paper] as const))(
  '%s comes out as published',
  (_, paper) => {
    const rows = checkPaper(paper, 1, 0.1)
    expect(rows.filter(({ isWithin }) => !isWithin)).toEqual([])
  },
)

test('the other reading of Table 1, judged at once and never reset, is told from it', () => {
  const table1 = cases.filter(({ source }) => source === 'Demers 1987, Table 1').slice(1)
  for (const [index, paper] of table1.entries()) {
    const rumor = { ...rumorDefaults, k: index + 2, judged: 'now', resets: false } as const
    const trial = () => epidemicTrial({ ...epidemicDefaults, rumor })
    const outside = checkPaper({ ...paper, trial }, 1, 0.2).filter(({ isWithin }) => !isWithin)
    expect(outside.map(({ figure }) => figure)).toEqual(expect.arrayContaining(['residue s', 'traffic m']))
  }
})
