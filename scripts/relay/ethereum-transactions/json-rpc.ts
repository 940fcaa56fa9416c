/** What a method does with its parameters. What it throws other than {@link RpcError} is our own failure. */
export type RpcMethod = (params: readonly unknown[]) => unknown

/** An error that the caller is told. Codes are those of JSON-RPC 2.0 and EIP-1474. */
export class RpcError extends Error {
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.name = 'RpcError'
    this.code = code
    this.data = data
  }
}

/** The codes that are used. */
export const rpcCode = Object.freeze({
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  server: -32000,
  limit: -32005,
})

/** Calls in one batch at most. */
const batchMax = 100

/** Where calls go. */
export interface RpcTarget {
  readonly methods: Readonly<Record<string, RpcMethod>>
  /** Our own failures. */
  readonly onError: (error: unknown) => void
}

/** Answers a call or a batch of them; undefined if nothing is to be said, as for notifications. Never rejects. */
export async function answerRpc(text: string, target: RpcTarget): Promise<string | undefined> {
  let request: unknown
  try {
    request = JSON.parse(text)
  } catch {
    return failed(null, new RpcError(rpcCode.parse, 'invalid JSON'))
  }
  if (!Array.isArray(request)) return answerOne(request, target)
  if (request.length === 0) return failed(null, new RpcError(rpcCode.request, 'an empty batch'))
  if (request.length > batchMax)
    return failed(null, new RpcError(rpcCode.limit, `a batch has at most ${batchMax} calls`))
  const answers = await Promise.all(request.map((each) => answerOne(each, target)))
  const said = answers.filter((answer) => answer !== undefined)
  return said.length === 0 ? undefined : `[${said.join(',')}]`
}

/** An error as it is sent. `id`: of the call, null if that is not known. */
export function failed(id: unknown, { code, message, data }: RpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, ...(data !== undefined && { data }) } })
}

async function answerOne(request: unknown, { methods, onError }: RpcTarget): Promise<string | undefined> {
  const call = readCall(request)
  if (call instanceof RpcError) return failed(idOf(request), call)
  const { id, method, params } = call
  try {
    if (!Object.hasOwn(methods, method))
      throw new RpcError(rpcCode.method, `there is no method ${method.slice(0, 100)}`)
    if (!Array.isArray(params)) throw new RpcError(rpcCode.params, 'params: expected an array')
    const result = await methods[method]!(params)
    return id === undefined ? undefined : JSON.stringify({ jsonrpc: '2.0', id, result: result ?? null })
  } catch (error) {
    if (!(error instanceof RpcError)) onError(error)
    const told = error instanceof RpcError ? error : new RpcError(rpcCode.internal, 'internal error')
    return id === undefined ? undefined : failed(id, told)
  }
}

/** A call whose parameters have not been looked at. */
interface RpcCall {
  readonly id: string | number | null | undefined
  readonly method: string
  readonly params: unknown
}

function readCall(request: unknown): RpcCall | RpcError {
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return new RpcError(rpcCode.request, 'expected an object')
  const { jsonrpc, method, params = [] } = request as Readonly<Record<string, unknown>>
  if (jsonrpc !== '2.0') return new RpcError(rpcCode.request, 'jsonrpc: expected "2.0"')
  if (typeof method !== 'string') return new RpcError(rpcCode.request, 'method: expected a string')
  if ('id' in request && idOf(request) !== request.id)
    return new RpcError(rpcCode.request, 'id: expected a string, a number or null')
  return { id: 'id' in request ? idOf(request) : undefined, method, params }
}

/** The id of whatever came, null if it has none that can be one. */
function idOf(request: unknown): string | number | null {
  const id = typeof request === 'object' && request !== null && 'id' in request ? request.id : null
  return typeof id === 'string' || typeof id === 'number' ? id : null
}
