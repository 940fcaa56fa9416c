import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeWhole } from '../src/whole-file.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function* brokenOff(): AsyncGenerator<string, void, undefined> {
  yield 'one'
  throw new RangeError('no more')
}

async function* inPieces(): AsyncGenerator<string | Uint8Array, void, undefined> {
  yield 'one '
  yield Buffer.from('two')
}

test('a file is replaced by the whole of another, or stays as it was', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'file')
  writeFileSync(path, 'old')
  await expect(writeWhole(path, brokenOff())).rejects.toThrow(RangeError)
  expect(readFileSync(path, 'utf8')).toBe('old')
  await writeWhole(path, inPieces())
  expect(readFileSync(path, 'utf8')).toBe('one two')
  expect(readdirSync(folder)).toEqual(['file'])
})

test('what is to be new is private, and replaces nothing', async () => {
  const path = join(temporaryFolder(), 'file')
  await writeWhole(path, 'one', { isNew: true, mode: 0o600 })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await expect(writeWhole(path, 'two', { isNew: true })).rejects.toMatchObject({
    code: 'usage',
    message: `${path} cannot be written: it is there already`,
  })
  expect(readFileSync(path, 'utf8')).toBe('one')
})

test('what is no file is written to, and not replaced', async () => {
  const path = join(temporaryFolder(), 'pipe')
  execFileSync('mkfifo', [path])
  const read = readFile(path, 'utf8')
  await writeWhole(path, 'text')
  expect(await read).toBe('text')
  expect(statSync(path).isFIFO()).toBe(true)
})

test('why a file cannot be written is said', async () => {
  const path = join(temporaryFolder(), 'none', 'file')
  await expect(writeWhole(path, 'text')).rejects.toMatchObject({
    code: 'usage',
    message: `${path} cannot be written: its folder does not exist`,
  })
})
