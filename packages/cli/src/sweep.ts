import { InvalidArgumentError, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { CommandError } from './failure.ts'

/** An option of a command, and the values that it takes by turns. */
export interface Sweep {
  /** Its key among the options of the command. */
  readonly key: string
  /** Its name, without the dashes. */
  readonly name: string
  readonly values: readonly { readonly text: string; readonly value: unknown }[]
}

/** Most values of a sweep. */
const valuesMax = 100

/** The help of an option that takes a sweep. */
export const sweepHelp = 'run with each value of another option: NAME=1..5, or NAME=1,2,5; one row each'

/**
 * What `--sweep k=1..5` or `--sweep loss=0,0.1,0.3` means for a command: each value goes through the parser of the option
 * that it is for. Error `usage`.
 */
export function parseSweep(text: string, command: CommandUnknownOpts): Sweep {
  const [name = ''] = text.split('=')
  const option = command.options.find(({ long }) => long === `--${name}`)
  if (option === undefined || option.parseArg === undefined || name === 'sweep')
    throw new CommandError(
      'usage',
      `--sweep: ${command.name()} has no option --${name} with values`,
      'it takes NAME=1..5',
    )
  const parse = option.parseArg
  const { texts } = sweepTexts(text)
  const values = texts.map((each) => {
    try {
      return { text: each, value: parse(each, undefined as never) as unknown }
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error
      throw new CommandError('usage', `--sweep: ${name} cannot be ${each}. ${error.message}`)
    }
  })
  return { key: option.attributeName(), name, values }
}

/** What is swept over, and the values as text. */
export interface Swept {
  readonly name: string
  readonly values: readonly { readonly text: string }[]
}

/** Which value of a sweep it is, before how far that one is: `d 5, 2 of 9`. */
export const placeOf = ({ name, values }: Swept, index: number): string =>
  `${name} ${values[index]!.text}, ${index + 1} of ${values.length}`

/** What is swept over and with which values, as text. Error `usage`. */
export function sweepTexts(text: string): { readonly name: string; readonly texts: readonly string[] } {
  const at = text.indexOf('=')
  const [name, texts] = [text.slice(0, Math.max(0, at)), textsOf(text.slice(at + 1))]
  if (name !== '' && texts.length > 0 && texts.length <= valuesMax) return { name, texts }
  throw new CommandError('usage', '--sweep takes NAME=1..5 or NAME=1,2,5', `with 1 to ${valuesMax} values`)
}

function textsOf(text: string): string[] {
  const [, from, to] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text) ?? []
  if (from === undefined) return text.split(',').filter((each) => each !== '')
  const count = Number(to) - Number(from) + 1
  return Array.from({ length: Math.max(0, Math.min(count, valuesMax + 1)) }, (_, index) => String(Number(from) + index))
}
