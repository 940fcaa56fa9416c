import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf } from './markdown.ts'
import { readText, root } from './source-tree.ts'

const blocks = blocksOf(readText('docs/relay.md'))
const examples = blocks.flatMap(({ language, heading, text }, index) =>
  language === 'ts' && blocks[index + 1]?.language === 'text' ? [{ heading, text, printed: blocks[index + 1]! }] : [],
)

describe('each example of the page on relays', () => {
  let directory = ''
  beforeAll(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'grapevine-relay-page-')))
    symlinkSync(join(root, 'test/node_modules'), join(directory, 'node_modules'))
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test.each(examples)('prints what stands below it: $heading', async ({ text, printed }) => {
    expect(printed.language).toBe('text')
    const file = join(directory, 'example.ts')
    writeFileSync(file, text)
    const { stdout } = await execa(process.execPath, ['--conditions=@grapevine/source', file], { cwd: directory })
    expect(stdout).toBe(printed.text)
  })

  test('is one of each part', () => {
    expect(examples.length).toBeGreaterThanOrEqual(5)
  })
})
