import { isDeepStrictEqual } from 'node:util'
import { join } from 'node:path'
import { parse, stringify, TomlError } from 'smol-toml'
import { NodeError } from '../error.ts'
import { readIfPresent, replaceFile } from '../home/durable-file.ts'
import type { Config, OptionName } from './option.ts'
import { checkValue, optionName } from './value.ts'

/** The file of a home in which a person sets options. */
export const configFile = (home: string): string => join(home, 'config.toml')

/** Options that the file of a home sets. Errors `config` (naming line, key, what was expected), `home`. */
export function readConfig(home: string): Partial<Config> {
  return optionsOf(parsed(readIfPresent(configFile(home)) ?? ''))
}

/**
 * Sets an option in the file, or takes it out. Comments and order stay: the line is changed in place where that says
 * the same, which is checked; only a file in an unusual form is written anew. Errors `config`, `disk`, `home`.
 */
export function writeOption(home: string, name: OptionName, value: Config[OptionName] | undefined): void {
  const text = readIfPresent(configFile(home)) ?? ''
  const before = readConfig(home)
  const after = Object.fromEntries(
    Object.entries({ ...before, [name]: value }).filter(([, entry]) => entry !== undefined),
  ) as Partial<Config>
  const edited = editLine(text, name, value)
  const anew = Object.entries(after).map(([key, entry]) => line(key, entry))
  replaceFile(configFile(home), says(edited, after) ? edited : anew.join(''))
}

function says(text: string, wanted: Partial<Config>): boolean {
  try {
    return isDeepStrictEqual(optionsOf(parsed(text)), wanted)
  } catch {
    return false
  }
}

/** Dotted keys need no quotes: names are letters and dots. */
const line = (name: string, value: unknown): string =>
  `${name} = ${stringify({ value }).slice('value = '.length).trim()}\n`

/** The text with the option's line changed, dropped, or added: to its table if there is one, else before all tables. */
function editLine(text: string, name: OptionName, value: Config[OptionName] | undefined): string {
  const lines = text.split(/(?<=\n)/)
  const replacement = (key: string): string[] => (value === undefined ? [] : [line(key, value)])
  let table = ''
  let end = lines.length
  let own: { readonly at: number; readonly key: string } | undefined
  for (const [at, entry] of lines.entries()) {
    const header = /^\s*\[([\w.]+)\]/.exec(entry)?.[1]
    if (header !== undefined) {
      end = Math.min(end, at)
      table = `${header}.`
      if (name.startsWith(table)) own = { at: at + 1, key: name.slice(table.length) }
    }
    const key = /^\s*([\w.]+)\s*=/.exec(entry)?.[1]
    if (key !== undefined && table + key === name) return lines.toSpliced(at, 1, ...replacement(key)).join('')
  }
  const { at, key } = own ?? { at: end, key: name }
  const before = lines.slice(0, at).join('')
  const joint = before === '' || before.endsWith('\n') ? '' : '\n'
  return [before, joint, ...replacement(key), ...lines.slice(at)].join('')
}

function parsed(text: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const reason = error.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '')
    throw new NodeError(
      'config',
      `config.toml, line ${error.line}: ${reason}`,
      'a line looks like: log.level = "debug"',
      {
        cause: error,
      },
    )
  }
}

/** `[log]` with `level = …` and `log.level = …` mean the same. */
function optionsOf(table: Record<string, unknown>, prefix = ''): Partial<Config> {
  let found: Partial<Config> = {}
  for (const [key, value] of Object.entries(table)) {
    const isTable = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
    if (isTable) found = { ...found, ...optionsOf(value as Record<string, unknown>, `${prefix}${key}.`) }
    else {
      const name = optionName(`${prefix}${key}`)
      found = { ...found, [name]: checkValue(name, value, 'config.toml') }
    }
  }
  return found
}
