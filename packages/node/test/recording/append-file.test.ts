import { closeSync, fstatSync, openSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { NodeError } from '../../src/error.ts'
import { AppendFile } from '../../src/recording/append-file.ts'
import { blockOf } from '../../src/recording/block.ts'
import { readBlocks } from '../../src/recording/read-blocks.ts'
import { temporaryFolder } from '../temporary-home.ts'

const block = (text: string): Uint8Array => blockOf(Buffer.from(text))

/** What the blocks of a file hold, and why it ends. */
function contentOf(path: string): { readonly texts: string[]; readonly fault: string | undefined } {
  const fd = openSync(path, 'r')
  const blocks = readBlocks(fd, fstatSync(fd).size)
  const texts: string[] = []
  for (;;) {
    const { done, value } = blocks.next()
    if (done !== true) {
      texts.push(Buffer.from(value).toString())
      continue
    }
    closeSync(fd)
    return { texts, fault: value.fault }
  }
}

function opened(path: string): { readonly file: AppendFile; readonly errors: NodeError[] } {
  const errors: NodeError[] = []
  const file = new AppendFile(path, (error) => errors.push(error))
  return { file, errors }
}

test('a file that is opened again goes on behind its last whole block', async () => {
  const path = join(temporaryFolder(), 'node.rec')
  const one = opened(path)
  for (const text of ['first', 'second', 'torn']) one.file.append(block(text))
  await one.file.close()
  truncateSync(path, one.file.size - 1)
  const other = opened(path)
  expect(other.file.cutBytes).toBe(block('torn').length - 1)
  other.file.append(block('third'))
  await other.file.close()
  expect(contentOf(path)).toEqual({ texts: ['first', 'second', 'third'], fault: undefined })
  expect([...one.errors, ...other.errors]).toEqual([])
})

test('of two that write to one file the second stops, and nothing is written over', async () => {
  const path = join(temporaryFolder(), 'node.rec')
  const [one, other] = [opened(path), opened(path)]
  one.file.append(block('of one'))
  await one.file.close()
  other.file.append(block('of the other'))
  await other.file.close()
  expect(other.errors).toMatchObject([
    { code: 'home', message: expect.stringContaining('something else writes to it') },
  ])
  expect(one.errors).toEqual([])
  expect(contentOf(path)).toEqual({ texts: ['of one'], fault: undefined })
})
