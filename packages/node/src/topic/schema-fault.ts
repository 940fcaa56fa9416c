import type { ErrorObject } from 'ajv/dist/2020.js'

/** Longest text of a value or a list of values in what is said, in characters. */
const shownMax = 60

/**
 * What a value has wrong, in a line: where (a JSON pointer), what was expected, and what came instead. The last is from
 * a peer, or from our own user: it is cut, and not safe to show as it is.
 */
export function schemaFault(error: ErrorObject | undefined): string {
  if (error === undefined) return 'does not match the schema'
  const where = error.instancePath === '' ? 'the value' : error.instancePath
  return `${where}: expected ${expectationOf(error)}, got ${textOf(error.data)}`
}

function expectationOf({ keyword, params, message }: ErrorObject): string {
  const given = params as Readonly<Record<string, unknown>>
  switch (keyword) {
    case 'type':
      return [given['type']].flat().join(' or ')
    case 'required':
      return `the property ${JSON.stringify(given['missingProperty'])}`
    case 'additionalProperties':
      return `no property ${cut(JSON.stringify(given['additionalProperty']))}`
    case 'enum':
      return `one of ${cut((given['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)).join(', '))}`
    case 'const':
      return cut(JSON.stringify(given['allowedValue']))
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `a number ${String(given['comparison'])} ${String(given['limit'])}`
    case 'pattern':
      return `text that matches ${cut(String(given['pattern']))}`
    case 'false schema':
      return 'nothing at all'
    default:
      return message?.replace(/^must (be |have |match )?/, '') ?? 'something else'
  }
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) {
    const names = Object.keys(value)
    return names.length === 0
      ? 'an empty object'
      : `an object with ${cut(names.map((name) => JSON.stringify(name)).join(', '))}`
  }
  return cut(JSON.stringify(value) ?? 'nothing')
}

const cut = (text: string): string => (text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`)
