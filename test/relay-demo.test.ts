import { execa } from 'execa'
import { expect, test } from 'vitest'
import { root } from './source-tree.ts'

test('five nodes relay the headers of two branches that compete, one is killed, and all end with one tip', async () => {
  const demo = execa(process.execPath, ['--conditions=@grapevine/source', 'scripts/relay/demo.ts'], {
    cwd: root,
    all: true,
  })
  const { all } = await demo
  expect(all).toMatch(/of two branches the longer one won on the others: 1, 1, 1, 1 reorganisations/)
  expect(all.split('\n').at(-1)).toMatch(/^tips equal on 5 of 5 nodes: 25 [0-9a-f]{64}$/)
})
