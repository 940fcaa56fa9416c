import { createHash } from 'node:crypto'
import { rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ensureHome } from './directory.ts'
import { readIfPresent, replaceFile } from './durable-file.ts'

/** Longest path a unix socket takes everywhere (macOS: 104 bytes with the final zero); Node cuts longer ones silently. */
const pathBytesMax = 100

/** Where the control socket of a home is: in the home, or, if that path is too long, where `control.path` says. */
export function controlSocketOf(home: string): string {
  const path = join(home, 'control.sock')
  if (Buffer.byteLength(path) <= pathBytesMax) return path
  // Before the first start nothing is noted. To connect to the long path would be another error than that nobody listens.
  return readIfPresent(join(home, 'control.path'))?.trim() || elsewhere(home, process.env)
}

/** Chooses the path for a node that starts, and notes it in the home if it lies elsewhere. */
export function claimControlSocket(home: string, env: NodeJS.ProcessEnv): string {
  const path = join(home, 'control.sock')
  if (Buffer.byteLength(path) <= pathBytesMax) return path
  const chosen = elsewhere(home, env)
  ensureHome(dirname(chosen))
  replaceFile(join(home, 'control.path'), `${chosen}\n`)
  return chosen
}

/** Takes the folder of a socket that lies elsewhere away again, once the socket is gone. */
export function releaseControlSocket(home: string): void {
  const path = controlSocketOf(home)
  if (dirname(path) === home) return
  try {
    rmdirSync(dirname(path))
  } catch {
    // Never made, or not empty: somebody else's business.
  }
}

/** A short path for a home whose own is too long. */
function elsewhere(home: string, env: NodeJS.ProcessEnv): string {
  const name = `grapevine-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`
  const parents = [env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp'].filter((parent) => parent !== undefined && parent !== '')
  const paths = parents.map((parent) => join(parent!, name, 'control.sock'))
  return paths.find((candidate) => Buffer.byteLength(candidate) <= pathBytesMax) ?? paths[0]!
}
