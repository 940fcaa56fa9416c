import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { root } from './source-tree.ts'

const job = `
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => setTimeout(() => { console.log('cleaned up'); process.exit(0) }, 50))
  console.log(JSON.stringify(process.argv.slice(2)))
  if (process.argv[2] === 'stay') setInterval(() => {}, 1000)
  else process.exitCode = Number(process.argv[2] ?? 0)
`
const scripts = { prejob: 'node -e "console.log(\'first\')"', job: 'node job.js', broken: 'true', prebroken: 'exit 9' }

/** A stand-in for npm: what \`npm ci\` would leave behind, or nothing when it is interrupted. */
const npm = `#!/bin/sh
echo "npm $*"
[ -z "$NPM_FAILS" ] || exit 7
mkdir -p node_modules/.bin && ln -sf "$REAL_NODE" node_modules/.bin/node && ln -sf "$REAL_PNPM" node_modules/.bin/pnpm
`

describe('scripts/up.mjs', () => {
  let dir = ''
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'grapevine-up-'))
    for (const folder of ['scripts', 'toolchain', 'bin']) mkdirSync(join(dir, folder))
    copyFileSync(join(root, 'scripts/up.mjs'), join(dir, 'scripts/up.mjs'))
    writeFileSync(join(dir, 'job.js'), job)
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'x', type: 'module', private: true, scripts }))
    writeFileSync(join(dir, 'pnpm-lock.yaml'), "lockfileVersion: '9.0'\nimporters:\n  .: {}\n")
    writeFileSync(join(dir, 'toolchain/package-lock.json'), 'lock 1')
    writeFileSync(join(dir, 'bin/npm'), npm, { mode: 0o755 })
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  const up = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    execa(process.execPath, [join(dir, 'scripts/up.mjs'), ...args], {
      cwd: tmpdir(),
      env,
      reject: false,
      stdin: 'ignore',
    })

  test('runs the script after its pre script, hands on arguments as they are, and passes the exit code through', async () => {
    const { stdout, exitCode } = await up(['job', '5', 'a b', '$HOME', '--exit'])
    expect(stdout.split('\n')).toEqual(['first', '["5","a b","$HOME","--exit"]'])
    expect(exitCode).toBe(5)
  })

  test('stops at a pre script that fails, with its exit code', async () => {
    expect((await up(['broken'])).exitCode).toBe(9)
  })

  test('refuses a script that package.json lacks', async () => {
    const { stderr, exitCode } = await up(['jib'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('not jib')
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('lets the script clean up on %s', async (signal) => {
    const child = up(['job', 'stay'])
    for await (const line of child) if (line === '["stay"]') child.kill(signal)
    const { stdout, exitCode } = await child
    expect(stdout).toContain('cleaned up')
    expect(exitCode).toBe(0)
  })

  test('fetches the toolchain once, again for another lock file, and again after an interruption', async () => {
    // A pnpm that is too old stands for a machine that lacks the tools.
    const { stdout: pnpm } = await execa('sh', ['-c', 'command -v pnpm'])
    writeFileSync(join(dir, 'bin/pnpm'), '#!/bin/sh\necho 9.0.0\n', { mode: 0o755 })
    const PATH = join(dir, 'bin') + delimiter + process.env['PATH']
    const env = { PATH, REAL_NODE: process.execPath, REAL_PNPM: pnpm }
    const fetches = async (more: NodeJS.ProcessEnv = {}): Promise<boolean> =>
      (await up(['job'], { ...env, ...more })).stdout.includes('npm ci --ignore-scripts')
    const mark = join(dir, 'toolchain/node_modules/.installed')

    expect(await fetches()).toBe(true)
    expect(await fetches()).toBe(false)
    expect(readFileSync(mark, 'utf8')).toContain('lock 1')

    writeFileSync(join(dir, 'toolchain/package-lock.json'), 'lock 2')
    expect((await up(['job'], { ...env, NPM_FAILS: '1' })).exitCode).toBe(7)
    expect(existsSync(mark)).toBe(false)
    // Back at the first lock file: what is there may be half of the second.
    writeFileSync(join(dir, 'toolchain/package-lock.json'), 'lock 1')
    expect(await fetches()).toBe(true)
    expect(await fetches()).toBe(false)
  })
})
