import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ForeignBuild } from './go-peer.ts'

const folder = fileURLToPath(new URL('rust/', import.meta.url))
const run = promisify(execFile)
/** The first build takes up to four minutes of processor time, and the machine may be busy; later ones a second. */
const buildMsMax = 900_000

/**
 * Builds the Rust peer if a Rust is here that is new enough, and its crates are. Cargo keeps what has not changed since
 * the last build. Throws when the sources do not compile. `release`: as quick as it can be, to be measured.
 */
export async function buildRustPeer(profile: 'debug' | 'release' = 'debug'): Promise<ForeignBuild> {
  const needed = /^rust-version = "(.+)"$/m.exec(readFileSync(`${folder}Cargo.toml`, 'utf8'))![1]!
  const found = await version()
  if (found === undefined) return { missing: `there is no Rust here, and it needs ${needed} or newer` }
  if (found.localeCompare(needed, 'en', { numeric: true }) < 0)
    return { missing: `Rust here is ${found}, and it needs ${needed} or newer` }
  try {
    await cargo('fetch', '--locked')
  } catch {
    return { missing: 'the crates of test/interop/rust are not here and cannot be fetched' }
  }
  await cargo('build', '--locked', ...(profile === 'release' ? ['--release'] : []))
  return { command: `${folder}target/${profile}/grapevine-interop-rust` }
}

const cargo = (...args: string[]): Promise<{ stdout: string }> =>
  run('cargo', [...args, '--quiet'], {
    cwd: folder,
    env: { ...process.env, CARGO_TARGET_DIR: `${folder}target` },
    timeout: buildMsMax,
    maxBuffer: 16 << 20,
  })

async function version(): Promise<string | undefined> {
  try {
    const { stdout } = await run('cargo', ['--version'], { cwd: folder })
    return /^cargo (\S+)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}
