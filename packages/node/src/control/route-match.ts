import { routes, type Route, type RouteName, type Schema } from '@grapevine/protocol/control'
import { NodeError } from '../error.ts'
import { HttpRefusal } from './refusal.ts'
import { schemaCheck } from './schema-check.ts'

/** A route that a request asks for, with its parameters: coerced by their schemas, not yet checked. */
export interface RouteMatch {
  readonly name: RouteName
  readonly route: Route
  readonly params: Readonly<Record<string, unknown>>
}

interface Entry {
  readonly name: RouteName
  readonly route: Route
  readonly segments: readonly string[]
}

const entries: readonly Entry[] = (Object.entries(routes) as [RouteName, Route][]).map(([name, route]) => ({
  name,
  route,
  segments: route.path.split('/'),
}))

/**
 * The route of a method and a request target.
 *
 * Throws `not-found` (404) for an unknown path, `usage` (405) for a wrong method, `usage` (400) for a target that is
 * not a path, broken percent-encoding, and a parameter that is given twice but is no list.
 */
export function matchRoute(method: string, target: string): RouteMatch {
  if (!target.startsWith('/')) throw new NodeError('usage', 'the request target is not a path')
  const [path = '', query = ''] = target.split('?', 2)
  const segments = path.split('/')
  const here = entries.filter((entry) => fits(entry.segments, segments))
  if (here.length === 0) throw new HttpRefusal(404, 'not-found', 'no such route', {})
  const entry = here.find(({ route }) => route.method === method)
  if (entry === undefined) {
    const allow = here.map(({ route }) => route.method).join(', ')
    throw new HttpRefusal(405, 'usage', `this route takes ${allow}`, { allow })
  }
  return { name: entry.name, route: entry.route, params: readParams(entry, segments, query) }
}

/** Throws `usage` unless the parameters are what the route takes. */
export async function checkParams({ route, params }: RouteMatch): Promise<void> {
  ;(await schemaCheck(paramsSchema(route), 'the request'))(params)
}

const paramsSchemas = new WeakMap<Route, Schema>()

/** The schema of a route's parameters as one object. */
export function paramsSchema(route: Route): Schema {
  const known = paramsSchemas.get(route)
  if (known !== undefined) return known
  const schema: Schema = {
    type: 'object',
    properties: route.params ?? {},
    required: route.required ?? [],
    additionalProperties: false,
  }
  paramsSchemas.set(route, schema)
  return schema
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part.startsWith('{') ? segments[index] !== '' : part === segments[index]))
  )
}

function readParams(
  { route, segments: pattern }: Entry,
  segments: readonly string[],
  query: string,
): RouteMatch['params'] {
  // Without a prototype, `__proto__` is a name like any other.
  const params: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  pattern.forEach((part, index) => {
    if (part.startsWith('{')) params[part.slice(1, -1)] = decode(segments[index]!)
  })
  for (const [name, value] of new URLSearchParams(query)) {
    const schema = route.params?.[name]
    if (schema?.['type'] === 'array') {
      const list = (params[name] ??= []) as unknown[]
      list.push(coerce(value, schema['items'] as Schema))
    } else if (name in params) {
      throw new NodeError('usage', `parameter ${JSON.stringify(name)} is given twice`)
    } else {
      params[name] = coerce(value, schema)
    }
  }
  return params
}

/** Stricter than a library's coercion: `1e3`, ` 5` and `yes` stay text, which the schema then refuses. */
function coerce(text: string, schema: Schema | undefined): unknown {
  if (schema?.['type'] === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (schema?.['type'] === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    throw new NodeError('usage', 'broken percent-encoding in the path', undefined, { cause: error })
  }
}
