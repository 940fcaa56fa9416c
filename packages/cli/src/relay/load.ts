import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Relay } from '@grapevine/node/relay'
import { CommandError } from '../failure.ts'
import { safe } from '../safe.ts'

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
 * Imports the script of a relay: TypeScript whose types can be stripped, or JavaScript. Errors `not-found`, and `usage` where
 * it does not load or exports no relay.
 */
export async function loadRelay(file: string): Promise<LoadedRelay> {
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
    throw failure(file, url, error)
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

function failure(file: string, url: string, error: unknown): unknown {
  const { code, name, url: missing } = error as { code?: unknown; name?: unknown; url?: unknown }
  if (name === 'CommandError' || name === 'NodeError') return error
  if (code === 'ERR_MODULE_NOT_FOUND' && missing === url)
    return new CommandError('not-found', `there is no file ${file}`)
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new CommandError('usage', `${file} does not load: ${text.split('\n').map(safe).join('\n')}`)
}
