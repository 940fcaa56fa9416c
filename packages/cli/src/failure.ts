import type { NodeErrorCode } from '@grapevine/node/home'
import type { ErrorView } from '@grapevine/protocol/control'
import { note } from './output.ts'
import { safe, safeJson } from './safe.ts'
import { version } from './version.ts'

/** A failure that the command line itself finds: the codes, and so the exit codes, are those of the node. */
export class CommandError extends Error {
  readonly code: NodeErrorCode
  readonly hint: string | undefined

  constructor(code: NodeErrorCode, message: string, hint?: string) {
    super(message)
    this.name = 'CommandError'
    this.code = code
    this.hint = hint
  }
}

const exitCodes: Readonly<Record<string, number>> = {
  usage: 2,
  'not-running': 3,
  denied: 3,
  timeout: 4,
  identity: 78,
  home: 78,
  config: 78,
  'no-network': 78,
  'other-network': 78,
}

/** The exit code that belongs to an error code: 2 usage, 3 no node, 4 timed out, 78 refused (EX_CONFIG), else 1. */
export const exitCodeOf = (code: string): number => exitCodes[code] ?? 1

/** What an error says to the user; undefined for one that nobody foresaw. */
export function describe(error: unknown): ErrorView['error'] | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  // By name and not by class: the class would bring in the node's code for commands that fail before they need it.
  if (error.name !== 'CommandError' && error.name !== 'NodeError') return undefined
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined
  return { code: error.code, message: error.message, ...(hint !== undefined && { hint }) }
}

/** Hints that name commands: only the command line knows how the user names the home. */
const hints: Readonly<Record<string, (self: string) => string>> = {
  'not-running': (self) => `start it with: ${self} up`,
  stopped: (self) => `start it again with: ${self} up`,
  'no-network': (self) =>
    `start one with: ${self} network create NAME --up; or join one with: ${self} join TICKET --up`,
}

/** `grapevine VERB` in a hint of the node, which does not know how the user names the home. */
const namedCommand = /\bgrapevine (?=[a-z])/g

/** Tells the user of an error on standard error, and returns the exit code. `self`: how the user calls this program. */
export function report(error: unknown, { json, self }: { readonly json: boolean; readonly self: string }): number {
  const described = describe(error)
  if (described !== undefined) {
    const hint = hints[described.code]?.(self) ?? described.hint?.replace(namedCommand, () => `${self} `)
    const known = { ...described, ...(hint !== undefined && { hint }) }
    if (json) note(safeJson({ error: known } satisfies ErrorView))
    else {
      note(`error: ${safe(known.message)}`)
      if (known.hint !== undefined) note(`hint: ${safe(known.hint)}`)
    }
    return exitCodeOf(known.code)
  }
  const text = error instanceof Error ? (error.stack ?? String(error)) : String(error)
  const hint = `this is a fault in grapevine ${version} (Node ${process.versions.node}, ${process.platform}): please report it with the text above`
  if (json) note(safeJson({ error: { code: 'internal', message: text, hint } } satisfies ErrorView))
  else note(`${text.split('\n').map(safe).join('\n')}\nerror: ${hint}`)
  return 1
}
