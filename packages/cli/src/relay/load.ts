import { registerHooks } from 'node:module'
import { relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Relay } from '@grapevine/node/relay'
import { CommandError } from '../failure.ts'
import { checkReadable } from '../file-error.ts'

/** A relay with the files that it is made of, those of packages aside. */
export interface LoadedRelay {
  readonly relay: Relay
  readonly files: readonly string[]
}

/** What a script may import where no package of that name is installed: modules beside this program. */
const kit: Readonly<Record<string, string>> = {
  '@grapevine/node/relay': 'kit/relay.js',
  '@grapevine/node/client': 'kit/client.js',
  '@grapevine/protocol': 'kit/protocol.js',
  '@grapevine/protocol/chain': 'kit/chain.js',
  '@grapevine/protocol/pool': 'kit/pool.js',
  '@grapevine/protocol/request': 'kit/request.js',
}

/**
 * Imports the script of a relay: TypeScript whose types can be stripped, or JavaScript. Error `usage` where
 * it cannot be read, does not load or exports no relay.
 */
export async function loadRelay(file: string): Promise<LoadedRelay> {
  await checkReadable(file)
  const url = pathToFileURL(resolve(file)).href
  const files = new Set<string>()
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (error) {
        const inside = kit[specifier]
        if (inside === undefined) throw error
        return { url: new URL(inside, import.meta.url).href, shortCircuit: true }
      }
    },
    load(loaded, context, next) {
      if (loaded.startsWith('file:') && !loaded.includes('/node_modules/') && !loaded.startsWith(ownUrl))
        files.add(fileURLToPath(loaded))
      return next(loaded, context)
    },
  })
  try {
    const module = (await import(url)) as { readonly default?: unknown }
    return { relay: await checked(file, module.default), files: [...files] }
  } catch (error) {
    throw failure(file, error)
  } finally {
    hooks.deregister()
  }
}

const ownUrl = new URL('.', import.meta.url).href

async function checked(file: string, value: unknown): Promise<Relay> {
  if (typeof value !== 'object' || value === null)
    throw new CommandError('usage', `${file} exports no relay`, 'it takes: export default defineRelay({ … })')
  const { defineRelay } = await import('@grapevine/node/relay')
  return defineRelay(value as Relay)
}

function failure(file: string, error: unknown): unknown {
  if (!(error instanceof Error)) return new CommandError('usage', `${file} does not load: it throws ${String(error)}`)
  if (error.name === 'CommandError' || error.name === 'NodeError') return error
  const [message = ''] = error.message.split('\n')
  const place = placeOf(error.stack ?? '')
  return new CommandError(
    'usage',
    `${file} does not load: ${error.name}: ${message}`,
    place === undefined ? undefined : `see ${place}`,
  )
}

/** The first line of a user's file that a stack names, as `relay.ts:3`. */
function placeOf(stack: string): string | undefined {
  for (const [, path = '', line = ''] of stack.matchAll(/(?:file:\/\/|^|[\s(])(\/[^\s():]+):(\d+)/gm))
    if (!pathToFileURL(path).href.startsWith(ownUrl)) return `${relative('', path)}:${line}`
  return undefined
}
