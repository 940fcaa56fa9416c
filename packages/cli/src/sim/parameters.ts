/** Longest text of a parameter: more than anybody reads, less than an outcome may hold. */
const lengthMax = 4000

/** Options of a model as a flat list: names with dots for what is nested, lists as JSON. What is absent is left out. */
export function parametersOf(options: object, before = ''): Record<string, string | number | boolean> {
  const found: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (value === undefined || value === null) continue
    if (typeof value === 'object' && !Array.isArray(value))
      Object.assign(found, parametersOf(value, `${before}${name}.`))
    else
      found[`${before}${name}`] =
        typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
          ? cut(value)
          : cut(JSON.stringify(value))
  }
  return found
}

/** A text that is too long says how much is missing. */
function cut<Value extends string | number | boolean>(value: Value): Value | string {
  if (typeof value !== 'string' || value.length <= lengthMax) return value
  return `${value.slice(0, lengthMax)}… (${value.length.toLocaleString('en')} characters)`
}
