import { expect, test } from 'vitest'
import { study, swimTrial } from '../../src/epidemic/index.ts'

test.each([3, 10, 50])('of %i members that ping in turn, all have noticed after 2n − 1 periods', (nodes) => {
  const trial = swimTrial({ nodes, targets: 'turn', loss: 0, proxies: 1, periods: 10 * nodes })
  const { values } = study(trial, { runs: 300, seed: 1 })
  expect(values['lastDetection']!.most).toBeLessThanOrEqual(2 * nodes - 1)
  expect(values['firstDetection']!.mean).toBeLessThan(2)
})

test('with targets at random, some may take much longer', () => {
  const trial = swimTrial({ nodes: 10, targets: 'random', loss: 0, proxies: 1, periods: 200 })
  const { values } = study(trial, { runs: 300, seed: 1 })
  expect(values['lastDetection']!.most).toBeGreaterThan(19)
})
