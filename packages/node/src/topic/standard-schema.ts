/** What zod, valibot, arktype and others have in common: https://standardschema.dev, version 1. */
export interface StandardSchema<Input, Output> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    /** From version 1.1 of the standard: the schema as JSON Schema. */
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => Record<string, unknown> }
  }
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] }

/**
 * The JSON Schema of a Standard Schema, so that nodes can tell whether they mean the same; where the library cannot say,
 * the vendor's name stands in, and the definition's hash tells less.
 */
export function jsonSchemaOf(schema: StandardSchema<unknown, unknown>): Readonly<Record<string, unknown>> {
  const { jsonSchema, vendor } = schema['~standard']
  try {
    if (jsonSchema !== undefined) return jsonSchema.input({ target: 'draft-2020-12' })
  } catch {
    // Schemas with parts that JSON Schema cannot express.
  }
  return { $comment: `checked by ${vendor}` }
}

/** The first issue that a schema finds with a value, or undefined. Throws if the schema wants to wait. */
export function standardCheck(schema: StandardSchema<unknown, unknown>): (value: unknown) => string | undefined {
  return (value) => {
    const result = schema['~standard'].validate(value)
    if (result instanceof Promise)
      throw new TypeError('the schema answers later; checks that wait belong into validate')
    const issue = result.issues?.[0]
    if (issue === undefined) return undefined
    const path = (issue.path ?? [])
      .map((segment) => `/${String((segment as { key?: unknown })?.key ?? segment)}`)
      .join('')
    return `${path === '' ? 'the value' : path}: ${issue.message}`
  }
}
