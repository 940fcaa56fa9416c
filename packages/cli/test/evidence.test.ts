import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const vectors = new URL('../../protocol/vectors/evidence.json', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'grapevine-evidence-'))

interface Vector {
  readonly name: string
  readonly id: string
  readonly file: object
}
const { valid, invalid } = JSON.parse(readFileSync(vectors, 'utf8')) as { valid: Vector[]; invalid: Vector[] }

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the command line from source, in a home that is not there. */
async function grapevine(args: readonly string[], input = '') {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, ['--conditions=@grapevine/source', main, ...args], {
    env: { ...env, GRAPEVINE_HOME: join(folder, 'none'), HOME: folder },
  })
  // Who has read enough leaves.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, stdout, stderr }
}

describe('evidence verify, with nothing but the file', () => {
  test('exits 0 and says who signed what, from a file and from standard input', async () => {
    const path = join(folder, 'evidence.json')
    writeFileSync(path, JSON.stringify(valid[0]!.file))
    const { code, stdout } = await grapevine(['evidence', 'verify', path])
    expect(stdout).toMatch(/^the proof holds/)
    expect(stdout).toContain('two messages as number 7 of epoch 1767225600000')
    expect(stdout).toMatch(/number 7 is “no”.+\n.+number 7 is “yes”/)
    expect(code).toBe(0)
    const piped = await grapevine(['evidence', 'verify', '-', '--json'], JSON.stringify(valid[1]!.file))
    expect(JSON.parse(piped.stdout)).toMatchObject({ id: valid[1]!.id, first: 5, last: 6 })
  })

  test.each(invalid)('exits 1 and says what is wrong with $name', async ({ file }) => {
    const { code, stdout, stderr } = await grapevine(['evidence', 'verify', '-'], JSON.stringify(file))
    expect(stderr).toMatch(/^error: it proves nothing: .+\n$/)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  test('refuses what is too long to be evidence, and a file that is not there', async () => {
    expect(await grapevine(['evidence', 'verify', '-'], ' '.repeat(300_000))).toMatchObject({ code: 1 })
    const missing = await grapevine(['evidence', 'verify', join(folder, 'missing.json')])
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no such file') })
  })
})
