import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandError } from './failure.ts'

const readReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'its folder is a file',
  EACCES: 'this user may not read it',
}

/** What to tell of a file that a user named and that cannot be read: error `usage`. */
export function unreadable(path: string, error: unknown, hint?: string): CommandError {
  const { code, message } = error as NodeJS.ErrnoException
  return new CommandError('usage', `${path} cannot be read: ${readReasons[code ?? ''] ?? message}`, hint)
}

/** Throws error `usage` if a file cannot be read. */
export async function checkReadable(path: string, hint?: string): Promise<void> {
  try {
    await access(path, constants.R_OK)
    if ((await stat(path)).isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
  } catch (error) {
    throw unreadable(path, error, hint)
  }
}

/** Throws error `usage` if a file cannot be written, before what is to be in it is there. */
export async function checkWritable(path: string): Promise<void> {
  try {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (found?.isDirectory() === true) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
    if (found !== undefined) await access(path, constants.W_OK)
    if (found === undefined || found.isFile()) await access(dirname(path), constants.W_OK)
  } catch (error) {
    throw unwritable(path, error)
  }
}

const writeReasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
}

/** What to tell of a file that a user named and that cannot be written: error `usage`. */
export function unwritable(path: string, error: unknown): CommandError {
  const { code, message } = error as NodeJS.ErrnoException
  return new CommandError('usage', `${path} cannot be written: ${writeReasons[code ?? ''] ?? message}`)
}
