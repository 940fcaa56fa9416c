import { createServer } from 'node:net'
import { join } from 'node:path'
import { NodeError } from '../error.ts'
import { readJson, replaceFile } from './durable-file.ts'

/** What a home remembers of its node between lives. */
export interface Settings {
  /** A name for people, given with `init --name`. */
  readonly name?: string
  /** TCP port, picked once so that tickets survive restarts. */
  readonly port: number
  /** Where the last `up` listened and what it announced, if it was told; multiaddrs. */
  readonly listen?: readonly string[]
  readonly announce?: readonly string[]
}

const settingsFile = (home: string): string => join(home, 'node.json')

export function readSettings(home: string): Settings | undefined {
  const value = readJson(settingsFile(home)) as Partial<Settings> | undefined
  if (value === undefined) return undefined
  if (value === null || !Number.isInteger(value.port) || value.port! < 1 || value.port! > 65_535) {
    throw new NodeError('home', `${settingsFile(home)} is damaged: it has no port`, 'restore it from a copy, or delete it')
  }
  return value as Settings
}

export function writeSettings(home: string, settings: Settings): void {
  replaceFile(settingsFile(home), JSON.stringify(settings, undefined, 2) + '\n')
}

/** Listens on every address of the machine, unless it was told otherwise. */
export const listenAddresses = (settings: Settings): readonly string[] =>
  settings.listen ?? [`/ip4/0.0.0.0/tcp/${settings.port}`, `/ip6/::/tcp/${settings.port}`]

/** A TCP port that is free at this moment. */
export function pickPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, () => {
      const address = server.address()
      server.close(() => resolve((address as { port: number }).port))
    })
  })
}
