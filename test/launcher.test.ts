import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { root } from './source-tree.ts'

/** A program that tells how it was started. */
const bundle = `
  process.stdin.on('data', (data) => console.log(JSON.stringify([process.argv.slice(2), String(data), process.ppid])))
  process.on('SIGTERM', () => process.exit(43))
`

describe('the launcher', () => {
  let dir = ''
  let project = ''
  beforeEach(() => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), 'grapevine-launcher-')))
    project = join(dir, 'a project')
    mkdirSync(join(project, 'packages/cli/dist/bundle'), { recursive: true })
    copyFileSync(join(root, 'grapevine'), join(project, 'grapevine'))
    writeFileSync(join(project, 'package.json'), '{"type":"module"}')
    writeFileSync(join(project, 'packages/cli/dist/bundle/main.js'), bundle)
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  test('becomes Node on the bundle, with arguments, standard input and signals', async () => {
    const child = execa(join(project, 'grapevine'), ['pub', 'a b', '$HOME'], { cwd: dir, reject: false, stdin: 'pipe' })
    child.stdin.write('in')
    const [line] = (await new Promise((resolve) => child.stdout.once('data', resolve)).then(String)).split('\n')
    expect(JSON.parse(line ?? '')).toEqual([['pub', 'a b', '$HOME'], 'in', process.pid])
    child.kill('SIGTERM')
    expect((await child).exitCode).toBe(43)
  })

  test('finds its folder from anywhere, through absolute and relative symlinks and the PATH', async () => {
    mkdirSync(join(dir, 'bin'))
    symlinkSync(join(project, 'grapevine'), join(dir, 'bin/absolute'))
    symlinkSync('../bin/absolute', join(dir, 'bin/grapevine'))
    const PATH = `${join(dir, 'bin')}:${process.env['PATH']}`
    for (const [cwd, command] of [
      ['/', 'grapevine'],
      [join(dir, 'bin'), './grapevine'],
      [project, './grapevine'],
    ] as const) {
      const { stdout } = await execa(command, ['id'], { cwd, env: { PATH }, input: 'x' })
      expect(stdout).toContain('[["id"],"x"')
    }
  })

  test("prefers the toolchain's Node to the one on the PATH", async () => {
    mkdirSync(join(project, 'toolchain/node_modules/.bin'), { recursive: true })
    writeFileSync(join(project, 'toolchain/node_modules/.bin/node'), '#!/bin/sh\necho "toolchain: ${1##*/} $2"\n', {
      mode: 0o755,
    })
    expect((await execa(join(project, 'grapevine'), ['id'])).stdout).toBe('toolchain: main.js id')
  })

  test.each([
    ['the bundle', {}, 'packages/cli/dist/bundle/main.js'],
    ['any Node', { PATH: '/nonexistent' }, undefined],
  ])('says what to run when it lacks %s', async (_, env, missing) => {
    if (missing !== undefined) rmSync(join(project, missing))
    const result = await execa('/bin/sh', [join(project, 'grapevine')], { env, reject: false })
    expect(result.exitCode).toBe(1)
    expect(result.stdout).toBe('')
    expect(result.stderr).toBe(`grapevine is not built yet: run npm start (or npm test) in ${project} first`)
  })
})
