/** The part of JSON Schema (2020-12) that scenario files are described in; {@link checkValue} understands just this. */
export interface FieldSchema {
  readonly $schema?: string
  readonly title?: string
  readonly description?: string
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean'
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: false
  readonly items?: FieldSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: true
  readonly enum?: readonly string[]
  readonly const?: string
  readonly pattern?: string
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
  /** Of several objects, told apart by the constant of one field, which is the first. */
  readonly oneOf?: readonly FieldSchema[]
}

/** Short forms that keep the schemas readable. */
type Fields = Readonly<Record<string, FieldSchema>>

/** An object with these fields and no others; those without a default that are not among `optional` are required. */
export function object(
  properties: Fields,
  { optional = [], ...more }: FieldSchema & { optional?: readonly string[] } = {},
): FieldSchema {
  const required = Object.keys(properties).filter(
    (name) => properties[name]!.default === undefined && !optional.includes(name),
  )
  return { ...more, type: 'object', properties, required, additionalProperties: false }
}

/** One of several objects. */
export const oneOf = (options: readonly FieldSchema[], more: FieldSchema = {}): FieldSchema => ({
  ...more,
  type: 'object',
  oneOf: options,
})

/** A whole number. */
export const whole = (minimum: number, maximum: number, description: string, value?: number): FieldSchema => ({
  type: 'integer',
  minimum,
  maximum,
  description,
  ...(value !== undefined && { default: value }),
})

/** A number. */
export const number = (minimum: number, maximum: number, description: string, value?: number): FieldSchema => ({
  type: 'number',
  minimum,
  maximum,
  description,
  ...(value !== undefined && { default: value }),
})

/** Yes or no. */
export const flag = (description: string, value: boolean): FieldSchema => ({
  type: 'boolean',
  description,
  default: value,
})

/** Text of a form. */
export const text = (pattern: string, description: string, value?: string): FieldSchema => ({
  type: 'string',
  pattern,
  description,
  ...(value !== undefined && { default: value }),
})

/** A list. */
export const list = (
  items: FieldSchema,
  maxItems: number,
  description: string,
  value?: readonly unknown[],
): FieldSchema => ({
  type: 'array',
  items,
  maxItems,
  description,
  ...(value !== undefined && { default: value }),
})
