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
  const isSame = edited !== undefined && isDeepStrictEqual(optionsOf(parsed(edited)), after)
  replaceFile(
    configFile(home),
    isSame
      ? edited
      : Object.entries(after)
          .map(([key, entry]) => line(key, entry))
          .join(''),
  )
}

/** Dotted keys need no quotes: names are letters and dots. */
const line = (name: string, value: unknown): string =>
  `${name} = ${stringify({ value }).slice('value = '.length).trim()}\n`

/** The text with the option's one line changed, dropped or added at the top; undefined if it is not in that form. */
function editLine(text: string, name: OptionName, value: Config[OptionName] | undefined): string | undefined {
  const lines = text.split(/(?<=\n)/)
  const own = new RegExp(`^\\s*${RegExp.escape(name)}\\s*=`)
  const at = lines.findIndex((entry) => own.test(entry))
  const replacement = value === undefined ? [] : [line(name, value)]
  if (at >= 0) return lines.toSpliced(at, 1, ...replacement).join('')
  if (value === undefined) return text
  // Keys without a table come before the first table.
  const table = lines.findIndex((entry) => /^\s*\[/.test(entry))
  const end = table < 0 ? lines.length : table
  if (lines[end - 1] !== undefined && lines[end - 1] !== '' && !lines[end - 1]!.endsWith('\n')) lines[end - 1] += '\n'
  return lines.toSpliced(end, 0, ...replacement).join('')
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
