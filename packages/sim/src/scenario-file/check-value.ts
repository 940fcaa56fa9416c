import { SimError } from '../error.ts'
import type { FieldSchema } from './schema.ts'

/**
 * Checks a value against a schema, and returns it with the defaults of what is absent. Throws `scenario-unknown`,
 * `scenario-missing` or `scenario-value` for the first fault, with its path.
 */
export function checkValue(schema: FieldSchema, value: unknown, path: string): unknown {
  if (schema.oneOf !== undefined) return checkValue(optionOf(schema.oneOf, value, path), value, path)
  if (schema.const !== undefined) {
    if (value !== schema.const) throw wrong(path, JSON.stringify(schema.const), value)
    return value
  }
  if (schema.type === 'object') return checkObject(schema, value, path)
  if (schema.type === 'array') return checkArray(schema, value, path)
  if (schema.type === 'string') return checkText(schema, value, path)
  if (schema.type !== 'boolean') return checkNumber(schema, value, path)
  if (typeof value !== 'boolean') throw wrong(path, 'true or false', value)
  return value
}

/** The path of a field of what is at a path. */
const fieldPath = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

function checkObject({ properties = {}, required = [] }: FieldSchema, value: unknown, path: string): unknown {
  const table = tableOf(value, path)
  for (const name of Object.keys(table)) {
    if (Object.hasOwn(properties, name)) continue
    const known = Object.keys(properties).filter((each) => each !== '$schema')
    throw new SimError(
      'scenario-unknown',
      fieldPath(path, name),
      `there is no such field; there are ${known.join(', ')}`,
    )
  }
  const checked: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(properties)) {
    const given = Object.hasOwn(table, name) ? table[name] : schema.default
    const at = fieldPath(path, name)
    if (given !== undefined) checked[name] = checkValue(schema, given, at)
    else if (required.includes(name)) throw new SimError('scenario-missing', at, `it is missing; ${expectedBy(schema)}`)
  }
  return checked
}

function checkArray(schema: FieldSchema, value: unknown, path: string): unknown {
  const { items = {}, minItems = 0, maxItems = Infinity } = schema
  if (!Array.isArray(value)) throw wrong(path, 'a list', value)
  if (value.length < minItems || value.length > maxItems)
    throw wrong(path, `a list of ${minItems} to ${maxItems}`, `one of ${value.length}`)
  if (schema.uniqueItems === true && new Set(value).size < value.length)
    throw wrong(path, 'a list without repetition', value)
  return value.map((item, index) => checkValue(items, item, `${path}[${index}]`))
}

function checkText(schema: FieldSchema, value: unknown, path: string): unknown {
  const { pattern, enum: values } = schema
  if (typeof value !== 'string') throw wrong(path, expectedBy(schema), value)
  if (values !== undefined && !values.includes(value)) throw wrong(path, values.join(', '), value)
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) throw wrong(path, expectedBy(schema), value)
  return value
}

function checkNumber(schema: FieldSchema, value: unknown, path: string): unknown {
  const { type, minimum = -Infinity, maximum = Infinity } = schema
  const fits = typeof value === 'number' && value >= minimum && value <= maximum
  if (!fits || (type === 'integer' && !Number.isInteger(value))) throw wrong(path, expectedBy(schema), value)
  return value
}

function optionOf(options: readonly FieldSchema[], value: unknown, path: string): FieldSchema {
  const table = tableOf(value, path)
  const tag = Object.keys(options[0]?.properties ?? {})[0]!
  const found = options.find(({ properties }) => properties?.[tag]?.const === table[tag])
  const names = options.map(({ properties }) => properties?.[tag]?.const).join(', ')
  if (found !== undefined) return found
  if (table[tag] === undefined)
    throw new SimError('scenario-missing', fieldPath(path, tag), `it is missing; it is one of ${names}`)
  throw wrong(fieldPath(path, tag), `one of ${names}`, table[tag])
}

function tableOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw wrong(path, 'an object', value)
}

/** What a schema expects, for people. */
function expectedBy({ type, minimum, maximum, pattern, description = '', enum: values }: FieldSchema): string {
  const what = description === '' ? '' : ` (${description})`
  if (values !== undefined) return values.join(', ')
  if (type === 'integer') return `a whole number from ${minimum} to ${maximum}${what}`
  if (type === 'number') return `a number from ${minimum} to ${maximum}${what}`
  if (type === 'string') return pattern === undefined ? `text${what}` : `text of the form ${pattern}${what}`
  return type === 'array' ? `a list${what}` : `an object${what}`
}

const wrong = (path: string, expected: string, value: unknown): SimError => {
  const shown = (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')).slice(0, 80)
  return new SimError('scenario-value', path, `expected ${expected}, got ${shown}`)
}
