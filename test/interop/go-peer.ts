import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const folder = fileURLToPath(new URL('go/', import.meta.url))
const run = promisify(execFile)
const buildMsMax = 300_000

/** A built program, or why there is none on this machine. */
export type ForeignBuild = { readonly command: string } | { readonly missing: string }

/**
 * Builds the Go peer if a Go is here that is new enough, and its modules are. What has not changed since the last build
 * comes from Go's own cache. Throws when the sources do not compile.
 */
export async function buildGoPeer(): Promise<ForeignBuild> {
  const needed = /^go (.+)$/m.exec(readFileSync(`${folder}go.mod`, 'utf8'))![1]!
  const found = await version()
  if (found === undefined) return { missing: `there is no Go here, and it needs ${needed} or newer` }
  if (order(found, needed) < 0) return { missing: `Go here is ${found}, and it needs ${needed} or newer` }
  try {
    await go('mod', 'download')
  } catch {
    return { missing: 'the modules of test/interop/go are not here and cannot be fetched' }
  }
  const command = `${folder}dist/peer`
  await go('build', '-trimpath', '-buildvcs=false', '-o', command, '.')
  return { command }
}

/** Runs the program's own tests. Throws what they say if one fails. */
export async function testGoPeer(): Promise<string> {
  const { stdout } = await go('test', '-count=1', './...')
  return stdout
}

const go = (...args: string[]): Promise<{ stdout: string }> =>
  run('go', args, { cwd: folder, timeout: buildMsMax, maxBuffer: 16 << 20 })

/** Asked in the folder: a Go that fetches the version that go.mod names is that version. */
async function version(): Promise<string | undefined> {
  try {
    const { stdout } = await go('env', 'GOVERSION')
    return stdout.trim().replace(/^go/, '')
  } catch {
    return undefined
  }
}

const order = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true })
