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
  /**
   * Where the node last listened and what it announced, so that tickets are right while it is down; multiaddrs, those
   * that end with the life of the node (port 0) left out.
   */
  readonly listened?: readonly string[]
  readonly announced?: readonly string[]
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
  if (value.listened !== undefined && !isTexts(value.listened)) return 'listened is not a list of addresses'
  if (value.announced !== undefined && !isTexts(value.announced)) return 'announced is not a list of addresses'
  return undefined
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string')

/** Settings for a home that has none: if two processes race, both get those of the first. */
export function makeSettings(home: string, settings: Settings): Settings {
  createFile(settingsFile(home), toText(settings))
  return readSettings(home) ?? settings
}

/** Changes what a home remembers, if it is a change. Errors `disk`, `home`. */
export function updateSettings(home: string, changes: Partial<Settings>): Settings {
  const before = readSettings(home)!
  const after = { ...before, ...changes }
  if (toText(after) !== toText(before)) replaceFile(settingsFile(home), toText(after))
  return after
}

/** What is worth remembering of the addresses that a node was told to listen on. */
export const lasting = (listen: readonly string[]): readonly string[] =>
  listen.filter((address) => !/\/tcp\/0(\/|$)/.test(address))

const toText = (settings: Settings): string => JSON.stringify(settings, undefined, 2) + '\n'

/** Every address of the machine, on the port of the home. */
export const everyAddress = (port: number): readonly string[] => [`/ip4/0.0.0.0/tcp/${port}`, `/ip6/::/tcp/${port}`]

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
