import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import type { Schema } from '@grapevine/protocol/control'
import { NodeError } from '../error.ts'

/** Throws {@link NodeError} `usage`, saying what was expected where, unless the value fits the schema. */
export type SchemaCheck = (value: unknown) => void

let ajv: Ajv2020 | undefined
const checks = new WeakMap<Schema, SchemaCheck>()

/** The check of a schema, compiled once. `what` names the value in messages: `body`, `line`, `parameter`. */
export async function schemaCheck(schema: Schema, what: string): Promise<SchemaCheck> {
  const known = checks.get(schema)
  if (known !== undefined) return known
  // Loaded with the first request, so that starting a node does not wait for it. The schemas are our own; a test checks
  // them against the metaschema, which takes ten times as long to compile as they do.
  const { Ajv2020 } = await import('ajv/dist/2020.js')
  ajv ??= new Ajv2020({ strict: true, verbose: true, meta: false, validateSchema: false })
  const validate: ValidateFunction = ajv.compile(schema)
  const check: SchemaCheck = (value) => {
    if (!validate(value)) throw new NodeError('usage', describe(what, validate.errors?.at(-1)))
  }
  checks.set(schema, check)
  return check
}

function describe(what: string, error: ErrorObject | undefined): string {
  if (error === undefined) return `${what} is not valid`
  const { keyword, instancePath, params } = error
  if (keyword === 'additionalProperties')
    return `${what} has an unknown name ${JSON.stringify(params['additionalProperty'])}`
  if (keyword === 'required') return `${what} lacks ${JSON.stringify(params['missingProperty'])}`
  const { description } = (error.parentSchema ?? {}) as { description?: unknown }
  const expected = typeof description === 'string' ? ` (${description})` : ''
  return `${what}${instancePath.replaceAll('/', ' ')} ${error.message ?? 'is not valid'}${expected}`
}
