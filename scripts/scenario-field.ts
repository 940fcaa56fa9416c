import type { FieldSchema } from '@grapevine/sim/scenario-file'

/** The table of fields of a scenario, as docs/simulation.md has it: path, what it takes with its default, and what it means. */
export function fieldRows(schema: FieldSchema, path = ''): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`
    if (name === '$schema' || field.const !== undefined) return []
    if (field.type === 'object' && field.oneOf === undefined) return fieldRows(field, at)
    const options = field.oneOf ?? field.items?.oneOf
    const below = field.type === 'array' && field.items?.type === 'object' ? `${at}[]` : at
    const parts = (options ?? [field.items ?? {}]).flatMap((option) => {
      const tag = Object.entries(option.properties ?? {}).find(([, { const: value }]) => value !== undefined)
      return fieldRows(option, tag === undefined ? below : `${below}:${tag[1].const}`)
    })
    return [[at, valuesOf(field), field.description ?? ''], ...parts]
  })
}

function valuesOf({ type, minimum, maximum, enum: values, items, default: value, oneOf }: FieldSchema): string {
  const range = minimum === undefined ? '' : ` ${minimum.toLocaleString('en')} to ${maximum?.toLocaleString('en')}`
  const of = (oneOf ?? items?.oneOf)?.map(({ properties }) => Object.values(properties ?? {})[0]!.const).join(', ')
  const kind = values?.join(', ') ?? items?.enum?.join(', ') ?? of ?? `${type}${range}`
  return value === undefined || JSON.stringify(value).length > 40 ? kind : `${kind}; ${JSON.stringify(value)}`
}
