import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname, join, basename } from 'node:path'
import { NodeError } from '../error.ts'

/**
 * Replaces a file as a whole: after a crash it holds the old bytes or the new ones, and once this returns the new ones
 * are on disk. The file is private to the user (mode 0600). Errors `disk`, `home`.
 */
export function replaceFile(path: string, data: string): void {
  try {
    const draft = writeDraft(path, data)
    try {
      renameSync(draft, path)
    } catch (error) {
      rmSync(draft, { force: true })
      throw error
    }
    syncDirectory(dirname(path))
  } catch (error) {
    throw writeError(path, error)
  }
}

/** Makes a file as a whole, private and on disk, unless there is one: that one then stays as it is. */
export function createFile(path: string, data: string): void {
  try {
    const draft = writeDraft(path, data)
    try {
      linkSync(draft, path)
      syncDirectory(dirname(path))
    } finally {
      rmSync(draft, { force: true })
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(path, error)
  }
}

/** What a user should hear of a file that cannot be written: `disk` if the disk is the reason, else `home`. */
export function writeError(path: string, error: unknown): NodeError {
  const { code, message } = error as NodeJS.ErrnoException
  const why = code === undefined ? undefined : diskFaults[code]
  if (why !== undefined) {
    const hint = 'make room on it; a node that runs goes on relaying meanwhile'
    return new NodeError('disk', `${path} cannot be written: ${why}`, hint, { cause: error })
  }
  return new NodeError('home', `${path} cannot be written: ${message}`, 'check owner and mode of its folder', {
    cause: error,
  })
}

const diskFaults: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EIO: 'the disk failed',
  EROFS: 'the disk is read-only',
}

/** Writes the bytes to a new file beside `path`, on disk when this returns; to be renamed or linked. */
function writeDraft(path: string, data: string): string {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  const file = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    const bytes = Buffer.from(data)
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
    fsyncSync(file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  return draft
}

/** Makes a rename or link in the directory durable. */
function syncDirectory(directory: string): void {
  const handle = openSync(directory, constants.O_RDONLY)
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** The parsed JSON of a file of ours, or undefined if there is none. Throws NodeError `home` if it is damaged. */
export function readJson(path: string): unknown {
  const text = readIfPresent(path)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new NodeError('home', `${path} is damaged: it is not JSON`, 'restore it from a copy, or delete it', {
      cause: error,
    })
  }
}

/** The text of a file, or undefined if there is none. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new NodeError('home', `${path} cannot be read: ${(error as Error).message}`, 'check its owner and mode', {
      cause: error,
    })
  }
}
