import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import type { ControlClient } from '@grapevine/node/client'

/** What every command takes: `--home`, `--node`, `--json`. */
export interface Context {
  readonly json: boolean
  readonly choice: { readonly home?: string | undefined; readonly node?: string | undefined }
  /** How the user would call this program for the same home, to name commands that work as pasted. */
  readonly self: string
}

/** The global options that a command was called with. */
export function contextOf(command: CommandUnknownOpts): Context {
  const { home, node, json } = command.optsWithGlobals() as { home?: string; node?: string; json?: boolean }
  const flag = home !== undefined ? ` --home ${quote(home)}` : node !== undefined ? ` --node ${quote(node)}` : ''
  return { json: json === true, choice: { home, node }, self: `grapevine${flag}` }
}

/** The folder of the home that a command is about. Error `usage`. */
export async function homeOf(context: Context): Promise<string> {
  const { homeDirectory } = await import('@grapevine/node/home')
  return homeDirectory(context.choice, process.env)
}

/** A client of the node that runs in the home; whether one does, its first call tells. */
export async function clientOf(context: Context): Promise<ControlClient> {
  return clientIn(await homeOf(context))
}

/** The same for a folder that is known. */
export async function clientIn(home: string): Promise<ControlClient> {
  const [{ ControlClient }, { controlSocketOf }] = await Promise.all([
    import('@grapevine/node/client'),
    import('@grapevine/node/home'),
  ])
  return new ControlClient({ socketPath: controlSocketOf(home) })
}

/** A word as a POSIX shell takes it. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
