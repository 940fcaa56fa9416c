import type { ErrorView } from '@grapevine/protocol/control'
import { NodeError, type NodeErrorCode } from '../error.ts'

/** A request refused before it reaches the node, where the code alone does not tell the HTTP status. */
export class HttpRefusal extends NodeError {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: NodeErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(code, message)
    this.name = 'HttpRefusal'
    this.status = status
    this.headers = headers
  }
}

/** HTTP statuses of the codes; one that is not here is the state of this home: 409. */
const statuses: Readonly<Partial<Record<NodeErrorCode, number>>> = {
  usage: 400,
  denied: 403,
  'not-found': 404,
  oversize: 413,
  'bad-schema': 422,
  rejected: 422,
  internal: 500,
  unreachable: 502,
  'no-responder': 502,
  'no-answer': 502,
  overloaded: 503,
  stopped: 503,
  timeout: 504,
  disk: 507,
}

/** How an error goes out. */
export interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly view: ErrorView
}

/**
 * The answer to an error. One that is not a {@link NodeError}, or has code `internal`, is ours: it goes to `onError`,
 * and its text does not go out.
 */
export function answerError(error: unknown, onError: (error: unknown) => void): ErrorAnswer {
  if (!(error instanceof NodeError) || error.code === 'internal') {
    onError(error)
    return {
      status: 500,
      headers: {},
      view: { error: { code: 'internal', message: 'the node failed at this request' } },
    }
  }
  const { code, message, hint } = error
  const view: ErrorView = { error: hint === undefined ? { code, message } : { code, message, hint } }
  if (error instanceof HttpRefusal) return { status: error.status, headers: error.headers, view }
  return { status: statuses[code] ?? 409, headers: {}, view }
}
