import { routes, type Route, type Schema } from '@grapevine/protocol/control'

const errorSchema: Schema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: { code: { type: 'string' }, message: { type: 'string' }, hint: { type: 'string' } },
      required: ['code', 'message'],
    },
  },
  required: ['error'],
}

const answerTypes = {
  json: 'application/json',
  events: 'text/event-stream',
  ndjson: 'application/x-ndjson',
  bytes: 'application/octet-stream',
} as const

/** The OpenAPI 3.1 document of the control API, from its routes. */
export function openapiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [name, route] of Object.entries(routes)) {
    const path = (paths[route.path] ??= {})
    path[route.method.toLowerCase()] = operation(name, route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Grapevine control API',
      version,
      description:
        'Served on a unix socket in the home, where the file mode decides who may call, and on request on a loopback port, where a bearer token does.',
    },
    servers: [{ url: '/' }],
    security: [{}, { token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: errorSchema },
    },
  }
}

function operation(name: string, route: Route): Record<string, unknown> {
  const parameters = Object.entries(route.params ?? {}).map(([param, schema]) => {
    const inPath = route.path.includes(`{${param}}`)
    return {
      name: param,
      in: inPath ? 'path' : 'query',
      required: inPath || (route.required?.includes(param) ?? false),
      schema,
    }
  })
  if (route.resumes === true) {
    parameters.push({ name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } })
  }
  const content = requestContent(route)
  return {
    operationId: name,
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(content === undefined ? {} : { requestBody: { required: true, content } }),
    responses: {
      '200': { description: route.summary, content: { [answerTypes[route.answer]]: {} } },
      default: {
        description: 'A refusal',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

function requestContent({ body, line }: Route): Record<string, unknown> | undefined {
  if (body === undefined) return undefined
  if (body === 'bytes') return { 'application/octet-stream': {} }
  // A line of a stream has no place in OpenAPI 3.1; tools read the schema as that of one line.
  if (body === 'ndjson') return { 'application/x-ndjson': { schema: line ?? {} } }
  return { 'application/json': { schema: body } }
}
