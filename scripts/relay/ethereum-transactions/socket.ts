import { randomBytes } from 'node:crypto'
import type { Writable } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { FeedReader, TransactionFeed } from './feed.ts'
import { answerRpc, RpcError, rpcCode, type RpcTarget } from './json-rpc.ts'

/** Subscriptions of a connection, and messages of it that are under way, at most. */
const [subscriptionsMax, pendingMax] = [16, 32]
/** Bytes of answers that a connection may leave lying. */
const answersMax = 4 << 20

/** JSON-RPC over a WebSocket, with `eth_subscribe newPendingTransactions`. `stream`: what the WebSocket writes to. */
export function serveSocket(
  socket: WebSocket,
  stream: Writable,
  { target, feed }: { readonly target: RpcTarget; readonly feed: TransactionFeed },
): void {
  const readers = new Map<string, FeedReader>()
  let pending = 0
  const send = (text: string): void => {
    if (socket.bufferedAmount > answersMax) socket.terminate()
    else socket.send(text)
  }
  const methods = {
    ...target.methods,
    eth_subscribe: ([name, isWhole = false]: readonly unknown[]): string => {
      if (name !== 'newPendingTransactions')
        throw new RpcError(rpcCode.params, 'only newPendingTransactions can be subscribed to')
      if (typeof isWhole !== 'boolean') throw new RpcError(rpcCode.params, 'params: expected true or false')
      const id = `0x${randomBytes(16).toString('hex')}`
      const reader: FeedReader = {
        kind: isWhole ? 'transaction' : 'hash',
        stream,
        backlog: () => socket.bufferedAmount,
        // Composed around what all readers share.
        send: (json) =>
          socket.send(
            `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${id}","result":${json}}}`,
          ),
        drop: () => socket.terminate(),
      }
      if (readers.size >= subscriptionsMax || !feed.add(reader))
        throw new RpcError(rpcCode.limit, 'too many subscriptions')
      readers.set(id, reader)
      return id
    },
    eth_unsubscribe: ([id]: readonly unknown[]): boolean => {
      const reader = typeof id === 'string' ? readers.get(id) : undefined
      if (reader === undefined) return false
      feed.delete(reader)
      return readers.delete(id as string)
    },
  }
  const answer = async (data: RawData): Promise<void> => {
    if (++pending >= pendingMax) socket.pause()
    const text = await answerRpc((data as Buffer).toString(), { ...target, methods })
    if (text !== undefined) send(text)
    if (--pending < pendingMax) socket.resume()
  }
  socket.on('message', (data) => void answer(data))
  // A message that is too long, or not UTF-8, closes the connection: nothing of it is ours to answer.
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    for (const reader of readers.values()) feed.delete(reader)
  })
}
