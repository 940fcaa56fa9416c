import { createServer } from 'node:net'
import { join } from 'node:path'
import { NodeError } from '../error.ts'
import { createFile, readJson, replaceFile } from './durable-file.ts'

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
  const wrong = faultOf(value)
  if (wrong === undefined) return value as Settings
  throw new NodeError('home', `${settingsFile(home)} is damaged: ${wrong}`, 'restore it from a copy, or delete it')
}

function faultOf(value: Partial<Settings> | null): string | undefined {
  if (value === null || !Number.isInteger(value.port) || value.port! < 1 || value.port! > 65_535)
    return 'it has no port'
  if (value.name !== undefined && typeof value.name !== 'string') return 'name is not text'
  if (value.listen !== undefined && !isTexts(value.listen)) return 'listen is not a list of addresses'
  if (value.announce !== undefined && !isTexts(value.announce)) return 'announce is not a list of addresses'
  return undefined
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string')

/** Settings for a home that has none: if two processes race, both get those of the first. */
export function makeSettings(home: string, settings: Settings): Settings {
  createFile(settingsFile(home), toText(settings))
  return readSettings(home) ?? settings
}

export function writeSettings(home: string, settings: Settings): void {
  replaceFile(settingsFile(home), toText(settings))
}

const toText = (settings: Settings): string => JSON.stringify(settings, undefined, 2) + '\n'

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
