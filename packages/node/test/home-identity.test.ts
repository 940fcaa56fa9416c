import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { NodeError } from '../src/error.ts'
import { identityFile, makeIdentity, readIdentity } from '../src/home/identity.ts'
import { initHome } from '../src/home/index.ts'
import { temporaryFolder } from './temporary-home.ts'

const keyPairs = {
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed25519: () => generateKeyPairSync('ed25519'),
}
const pem = (type: keyof typeof keyPairs): string =>
  String(keyPairs[type]().privateKey.export({ type: 'pkcs8', format: 'pem' }))

function errorOf(action: () => unknown): NodeError {
  try {
    action()
  } catch (error) {
    if (error instanceof NodeError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('an identity file', () => {
  const publicPem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string
  test.each([
    ['is empty', '', 'is empty'],
    ['holds blanks', ' \n', 'is empty'],
    ['holds garbage', 'garbage', 'is not a private key'],
    ['holds bytes that are no text', '\0\u0001\u0002', 'is not a private key'],
    ['holds a public key', publicPem, 'is not a private key'],
    ['holds an RSA key', pem('rsa'), 'of type rsa'],
    ['holds a key of another curve', pem('ec'), 'of type ec'],
    ['is cut', pem('ed25519').slice(0, 60), 'is not a private key'],
    ['is far too large', 'x'.repeat(20_000), 'too large'],
  ])('that %s is refused with file and cure, and left as it is', async (_, content, text) => {
    const home = temporaryFolder()
    writeFileSync(identityFile(home), content, { mode: 0o600 })
    const error = errorOf(() => readIdentity(home))
    expect(error.code).toBe('identity')
    expect(error.message).toContain(identityFile(home))
    expect(error.message).toContain(text)
    expect(error.hint).toBeTruthy()
    await expect(initHome(home)).rejects.toMatchObject({ code: 'identity' })
    expect(readFileSync(identityFile(home), 'utf8')).toBe(content)
  })

  test.each([0o644, 0o640, 0o604, 0o660])('with mode %o is refused', (mode) => {
    const home = temporaryFolder()
    makeIdentity(home)
    chmodSync(identityFile(home), mode)
    const error = errorOf(() => readIdentity(home))
    expect(error).toMatchObject({ code: 'identity' })
    expect(error.hint).toContain('chmod 600')
  })

  test('that is a symbolic link is refused', () => {
    const home = temporaryFolder()
    makeIdentity(home)
    renameSync(identityFile(home), join(home, 'key'))
    symlinkSync(join(home, 'key'), identityFile(home))
    expect(errorOf(() => readIdentity(home))).toMatchObject({ code: 'identity' })
    expect(errorOf(() => makeIdentity(home))).toMatchObject({ code: 'identity' })
  })

  test('that is a folder or a pipe is refused without waiting for anything', () => {
    const folder = temporaryFolder()
    mkdirSync(identityFile(folder))
    expect(errorOf(() => readIdentity(folder))).toMatchObject({ code: 'identity' })
    const pipe = temporaryFolder()
    execFileSync('mkfifo', ['-m', '600', identityFile(pipe)])
    expect(errorOf(() => readIdentity(pipe))).toMatchObject({ code: 'identity' })
  })

  test.skipIf(process.getuid?.() !== 0)('that belongs to another user, or that it cannot read, is refused', () => {
    const home = temporaryFolder()
    makeIdentity(home)
    chownSync(identityFile(home), 65_534, 65_534)
    expect(errorOf(() => readIdentity(home))).toMatchObject({ code: 'identity' })
    chownSync(identityFile(home), 0, 0)
    chmodSync(home, 0o755)
    const source = join(import.meta.dirname, '../src/home/identity.ts')
    const script = `process.setuid(65534); const { readIdentity } = await import(${JSON.stringify(source)})
      try { readIdentity(${JSON.stringify(home)}) } catch (error) { console.log(error.code, error.message) }`
    const run = spawnSync(process.execPath, ['--conditions=@grapevine/source', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    })
    // The sources may lie where that user cannot read them: then there is nothing to learn.
    if (!run.stderr.includes('EACCES')) expect(run.stdout).toMatch(/^identity .*cannot be read/)
  })

  test('is private and stays the same over every init', async () => {
    const home = join(temporaryFolder(), 'deep', 'home')
    const first = await initHome(home, { name: 'a' })
    const bytes = readFileSync(identityFile(home))
    const second = await initHome(home, { name: 'b' })
    expect(first.created).toBe(true)
    expect(second).toEqual({ ...first, created: false })
    expect(readFileSync(identityFile(home))).toEqual(bytes)
    expect(statSync(identityFile(home)).mode & 0o777).toBe(0o600)
    expect(statSync(home).mode & 0o777).toBe(0o700)
  })

  test('is not overwritten by a second maker: both have the first one', () => {
    const home = temporaryFolder()
    const first = makeIdentity(home)
    expect(makeIdentity(home)).toEqual(first)
  })
})

test('two processes that make a home at once end up with one identity and one port', async () => {
  const home = join(temporaryFolder(), 'home')
  const source = join(import.meta.dirname, '../src/home/index.ts')
  const script = `const { initHome } = await import(${JSON.stringify(source)})
    console.log(JSON.stringify(await initHome(${JSON.stringify(home)})))`
  const { spawn } = await import('node:child_process')
  const results = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, ['--conditions=@grapevine/source', '--input-type=module', '-e', script])
      let out = ''
      for await (const chunk of child.stdout) out += String(chunk)
      return JSON.parse(out) as { created: boolean; peerId: string; port: number }
    }),
  )
  expect(new Set(results.map(({ peerId }) => peerId)).size).toBe(1)
  expect(new Set(results.map(({ port }) => port)).size).toBe(1)
  expect(existsSync(identityFile(home))).toBe(true)
})
