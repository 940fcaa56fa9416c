import type { BytesName, RouteName, StreamName } from './contract.ts'

/** A JSON Schema 2020-12 of a parameter or a body. */
export type Schema = { readonly [keyword: string]: unknown }

/** One route of the control API, as data: server, client, OpenAPI document and tests read it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Segments in braces are parameters. */
  readonly path: string
  readonly summary: string
  /** Schemas of path parameters and query parameters, by name; array schemas repeat the parameter. */
  readonly params?: { readonly [name: string]: Schema }
  readonly required?: readonly string[]
  /** `bytes`: any octets; `ndjson`: one JSON object a line, streamed; a schema: a JSON body. */
  readonly body?: 'bytes' | 'ndjson' | Schema
  /** Schema of one line of an `ndjson` body. */
  readonly line?: Schema
  /** Whether it takes a `Last-Event-ID` header: events then go on behind that one, after a gap where that cannot be. */
  readonly resumes?: true
  /** Only on the socket of the home: what a token on a loopback port does not open. */
  readonly isLocal?: true
  /** Each line of the answer is a question, which a line of the body answers. */
  readonly asks?: true
  /**
   * `events`: server-sent events until the client leaves; `ndjson`: one object a line as they come; `bytes`: any octets, with
   * headers that {@link BodyHead} names.
   */
  readonly answer: 'json' | 'events' | 'ndjson' | 'bytes'
}

/** Routes by name. */
export type Routes<Names extends RouteName = RouteName> = {
  readonly [Name in Names]: Route & {
    readonly answer: Name extends StreamName ? 'events' | 'ndjson' : Name extends BytesName ? 'bytes' : 'json'
  }
}
