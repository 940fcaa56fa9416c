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
          ? value
          : JSON.stringify(value)
  }
  return found
}
