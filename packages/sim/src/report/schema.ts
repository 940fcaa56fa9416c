/** The part of JSON Schema 2020-12 that files of the simulator need. */
export interface Schema {
  readonly $schema?: string
  readonly title?: string
  readonly description?: string
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | readonly string[]
  readonly const?: string | number
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema
  readonly maxProperties?: number
  readonly items?: Schema
  readonly prefixItems?: readonly Schema[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

/** What is wrong with a value: where, as a JSON pointer, and what should be there. */
export interface SchemaFault {
  readonly at: string
  readonly text: string
}

/** The first fault of a value from JSON, in the order of the schema; undefined if there is none. */
export function faultOf(schema: Schema, value: unknown, at = ''): SchemaFault | undefined {
  const { type, const: only, enum: among } = schema
  if (only !== undefined && value !== only) return { at, text: `is not ${JSON.stringify(only)}` }
  if (among !== undefined && !among.includes(value as string)) return { at, text: `is not one of ${among.join(', ')}` }
  const types = typeof type === 'string' ? [type] : type
  if (types !== undefined && !types.some((each) => isOf(each, value)))
    return { at, text: `is not ${types.map(articled).join(' or ')}` }
  if (typeof value === 'number') return numberFault(schema, value, at)
  if (typeof value === 'string') return lengthFault(value.length, schema.maxLength, 'characters', at)
  if (Array.isArray(value)) return arrayFault(schema, value, at)
  if (typeof value === 'object' && value !== null) return objectFault(schema, value as Record<string, unknown>, at)
  return undefined
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  if (type === 'integer') return Number.isSafeInteger(value)
  return type === 'number' ? Number.isFinite(value) : typeof value === type
}

const articled = (type: string): string => (type === 'null' ? type : `${/^[aio]/.test(type) ? 'an' : 'a'} ${type}`)

function numberFault(
  { minimum = -Infinity, maximum = Infinity }: Schema,
  value: number,
  at: string,
): SchemaFault | undefined {
  if (value >= minimum && value <= maximum) return undefined
  return { at, text: value < minimum ? `is below ${minimum}` : `is above ${maximum}` }
}

function lengthFault(length: number, max = Infinity, noun: string, at: string): SchemaFault | undefined {
  return length > max ? { at, text: `has more than ${max} ${noun}` } : undefined
}

function arrayFault(schema: Schema, values: readonly unknown[], at: string): SchemaFault | undefined {
  const { items, prefixItems = [], minItems = 0, maxItems } = schema
  if (values.length < minItems) return { at, text: `has fewer than ${minItems} items` }
  const long = lengthFault(values.length, maxItems, 'items', at)
  if (long !== undefined) return long
  for (const [index, value] of values.entries()) {
    const of = prefixItems[index] ?? items
    const fault = of && faultOf(of, value, `${at}/${index}`)
    if (fault !== undefined) return fault
  }
  return undefined
}

function objectFault(schema: Schema, value: Readonly<Record<string, unknown>>, at: string): SchemaFault | undefined {
  const { properties = {}, required = [], additionalProperties, maxProperties } = schema
  const missing = required.find((name) => !Object.hasOwn(value, name))
  if (missing !== undefined) return { at, text: `has no ${missing}` }
  const long = lengthFault(Object.keys(value).length, maxProperties, 'properties', at)
  if (long !== undefined) return long
  for (const [name, each] of Object.entries(value)) {
    const of = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
    const pointer = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const fault = of && faultOf(of, each, pointer)
    if (fault !== undefined) return fault
  }
  return undefined
}
