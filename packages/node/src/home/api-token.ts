import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { NodeError } from '../error.ts'
import { createFile, readIfPresent } from './durable-file.ts'

/** File of a home with the token of its control API on TCP; for its owner only (0600), and made at its first use. */
const apiTokenFile = (home: string): string => join(home, 'api.token')

/** The token of the home, 256 random bits in base64url. Errors `home`, `disk`. */
export function apiToken(home: string): string {
  const path = apiTokenFile(home)
  createFile(path, `${randomBytes(32).toString('base64url')}\n`)
  const token = readIfPresent(path)?.trim() ?? ''
  if (/^[\w-]{32,128}$/.test(token)) return token
  throw new NodeError('home', `${path} is damaged`, 'delete it: the next start makes a new token')
}
