import { NodeError } from '../error.ts'
import { readConfig } from './file.ts'
import { nearest } from './nearest.ts'
import { optionNames, options, variableOf, type Config, type OptionName } from './option.ts'
import { checkValue, optionName, parseValue } from './value.ts'

/** Where a value comes from, the strongest first. */
export type Origin = 'flag' | 'environment' | 'file' | 'default'

/** A node's options, and where each comes from. */
export interface LoadedConfig {
  readonly config: Config
  readonly origins: Readonly<Record<OptionName, Origin>>
}

/**
 * The options of a home: flags before the environment, before the file, before the defaults. Error `config` if a name
 * or a value is wrong, wherever it stands.
 */
export function loadConfig(
  home: string,
  { flags = {}, env = {} }: { readonly flags?: Partial<Config>; readonly env?: NodeJS.ProcessEnv } = {},
): LoadedConfig {
  const sources: readonly (readonly [Origin, Partial<Config>])[] = [
    ['flag', checked(flags)],
    ['environment', fromEnvironment(env)],
    ['file', readConfig(home)],
  ]
  const config: Record<string, unknown> = {}
  const origins: Record<string, Origin> = {}
  for (const name of optionNames) {
    const source = sources.find(([, values]) => values[name] !== undefined)
    config[name] = source?.[1][name] ?? options[name].default
    origins[name] = source?.[0] ?? 'default'
  }
  return { config: config as unknown as Config, origins: origins as Record<OptionName, Origin> }
}

function checked(flags: Partial<Config>): Partial<Config> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, value]) => [name, checkValue(optionName(name), value, 'the caller')]),
  )
}

/** Variables that the command line and `sub --exec` give another meaning. */
const others = ['GRAPEVINE_HOME', 'GRAPEVINE_ID', 'GRAPEVINE_TOPIC', 'GRAPEVINE_AUTHOR', 'GRAPEVINE_TIME']

function fromEnvironment(env: NodeJS.ProcessEnv): Partial<Config> {
  const names = new Map(optionNames.map((name) => [variableOf(name), name]))
  const found: Record<string, unknown> = {}
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('GRAPEVINE_') || text === undefined || text === '') continue
    const name = names.get(variable)
    if (name !== undefined) found[name] = parseValue(name, text, variable)
    else if (!others.includes(variable)) refuseMisspelt(variable, [...names.keys()])
  }
  return found
}

/** A variable that is nearly one of ours was meant as one; others are somebody else's. */
function refuseMisspelt(variable: string, known: readonly string[]): void {
  const start = 'GRAPEVINE_'.length
  const meant = nearest(
    variable.slice(start),
    known.map((name) => name.slice(start)),
  )
  if (meant === undefined) return
  throw new NodeError(
    'config',
    `there is no option for ${variable} in the environment`,
    `did you mean GRAPEVINE_${meant}?`,
  )
}
