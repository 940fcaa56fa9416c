import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site } from './site.ts'

const site = new Site()
const bundle = fileURLToPath(new URL('../packages/cli/dist/bundle/main.js', import.meta.url))

beforeAll(async () => {
  await site.ok(['network', 'create', 'demo'])
  await site.up()
  await site.ok(['topic', 'add', 'chat'])
  await site.ok(['topic', 'add', 'chess'])
  await site.ok(['state', 'set', 'role=relay', 'zone=eu'])
  await site.ok(['state', 'counter', 'add', 'hits', '-3'])
  const program = join(site.directory, 'grapevine')
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${bundle}' "$@"\n`, { mode: 0o755 })
})
afterAll(() => site.close(undefined))

/** What bash offers with the cursor behind the last word. */
async function inBash(...words: readonly string[]): Promise<string[]> {
  const quoted = ['grapevine', ...words].map((word) => `'${word}'`).join(' ')
  const script = `source <(grapevine completion bash); COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _grapevine; printf '%s\\n' "\${COMPREPLY[@]}"`
  const env = { HOME: site.directory, PATH: `${site.directory}:${process.env['PATH']}` }
  const { stdout } = await execa('bash', ['--norc', '-c', script], { env })
  return stdout.split('\n')
}

test('bash completes commands, verbs, options and what the node holds', async () => {
  expect(await inBash('statu')).toEqual(['status'])
  expect(await inBash('topic', 'd')).toEqual(['define'])
  expect(await inBash('pub', 'chat', '--li')).toEqual(['--lines'])
  expect(await inBash('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  expect(await inBash('sub', 'ch')).toEqual(['chat', 'chess'])
  expect(await inBash('sub', 'chat', 'che')).toEqual(['chess'])
  // Global options count, wherever they stand.
  expect(await inBash('--node', 'nobody', 'sub', 'ch')).toEqual([''])
  expect(await inBash('--json', 'sub', 'ch')).toEqual(['chat', 'chess'])
  expect(await inBash('topic', 'sync', 'ch')).toEqual(['chat', 'chess'])
  expect(await inBash('topic', 'sync', 'chat', '--wi')).toEqual(['--with'])
  expect(await inBash('topic', 'verify', 'che')).toEqual(['chess'])
  expect(await inBash('state', 'get', 'ro')).toEqual(['role'])
  expect(await inBash('state', 'rm', 'role', 'z')).toEqual(['zone'])
  expect(await inBash('state', 'counter', 'add', '')).toEqual(['hits'])
  expect(await inBash('state', 'co')).toEqual(['counter'])
  expect(await inBash('evidence', 'ver')).toEqual(['verify'])
  expect(await inBash('member', 'ls', '--status', 'fa')).toEqual(['failed'])
})

test('nothing that stands on the command line is run to complete it', async () => {
  const marker = join(site.directory, 'marker')
  await inBash('pub', `$(touch ${marker})`, '`touch ${marker}`', '')
  await expect(execa('ls', [marker])).rejects.toThrow('No such file')
})

test('what it offers is data too, and a wrong shell is refused', async () => {
  const found = JSON.parse(await site.ok(['complete', '--json', '--', 'topic', 'sh'])) as unknown
  expect(found).toEqual([{ value: 'show', description: expect.stringContaining('rules') }])
  expect(await site.run(['completion', 'tcsh'])).toMatchObject({ code: 2, stdout: '' })
  for (const shell of ['bash', 'zsh', 'fish']) expect(await site.ok(['completion', shell])).toContain('complete --')
})
