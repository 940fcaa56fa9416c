import { CommandError } from './failure.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
}

/** What to tell of a file that a user named and that cannot be read: error `usage`. */
export function unreadable(path: string, error: unknown): CommandError {
  const { code, message } = error as NodeJS.ErrnoException
  return new CommandError('usage', `${path} cannot be read: ${reasons[code ?? ''] ?? message}`)
}
