import { expect, test } from 'vitest'
import { progressLine } from '../src/sim/progress.ts'

test('progress says how far it is and how long it may take', () => {
  expect(progressLine({ noun: 'message', total: 2000, before: 'd 5, 2 of 9' }, 500, 1000)).toBe(
    'd 5, 2 of 9: ██████░░░░░░░░░░░░░░░░░░ message 500 of 2,000, 3.0 s left',
  )
  expect(progressLine({ noun: 'run', total: 4 }, 0, 10)).toBe('░░░░░░░░░░░░░░░░░░░░░░░░ run 0 of 4')
})
