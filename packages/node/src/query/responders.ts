import { randomBytes } from 'node:crypto'
import { checkTopicName, encodeUtf8, fromHex, toHex, type AskedView } from '@grapevine/protocol'
import { answersMax, answerSizeMax, type QueryAction } from '@grapevine/protocol/query'
import { textOrBase64 } from '../control-view.ts'
import { NodeError } from '../error.ts'
import { version } from '../version.ts'
import { ItemQueue } from './item-queue.ts'
import type { Responder } from '../cluster/query-api.ts'

/** What responders need: to say what became of a query. */
export interface RespondersOptions {
  readonly acknowledge: (query: Uint8Array, answers: number) => void
  readonly answer: (query: Uint8Array, index: number, body: Uint8Array, isFailed: boolean) => void
}

/** Bytes of queries that may wait for a responder. */
const waitingBytesMax = 1 << 20
const queryCost = 256
/** Queries that a responder was given and has not answered. */
const openMax = 1024
const reasonBytesMax = 1024

interface OpenQuery {
  readonly index: number
  readonly expires: NodeJS.Timeout
}

interface OpenResponder extends Responder {
  readonly name: string
  readonly queue: ItemQueue<AskedView>
  readonly open: Map<string, OpenQuery>
}

/**
 * The responders of this node, by the names of queries. Each that is open when a query comes is given it, and gives an
 * answer of its own; without any, a query is only acknowledged. `ping` is answered by the node itself then.
 */
export class Responders {
  readonly #options: RespondersOptions
  readonly #byName = new Map<string, OpenResponder[]>()

  constructor(options: RespondersOptions) {
    this.#options = options
  }

  asked({ id, origin, query, leftMs }: QueryAction & { type: 'asked' }): void {
    const { name, body } = query
    const { acknowledge, answer } = this.#options
    const responders = this.#byName.get(name) ?? []
    if (responders.length === 0 && name === 'ping') {
      acknowledge(id, 1)
      return answer(id, 1, encodeUtf8(version), false)
    }
    acknowledge(id, responders.length)
    const hex = toHex(id)
    const view = { type: 'asked', query: hex, name, origin, size: body.length, ...textOrBase64(body) } as const
    for (const [at, { queue, open }] of responders.entries()) {
      const hasRoom =
        open.size < openMax && queue.push({ ...view, leftMs: Math.floor(leftMs) }, body.length + queryCost)
      if (!hasRoom) {
        answer(id, at + 1, encodeUtf8('the responder is busy'), true)
        continue
      }
      const expires = setTimeout(() => open.delete(hex), leftMs)
      expires.unref()
      open.set(hex, { index: at + 1, expires })
    }
  }

  open(name: string): Responder {
    if (!checkTopicName(name).ok)
      throw new NodeError(
        'usage',
        `no query can be called ${JSON.stringify(name.slice(0, 80))}`,
        'use 1 to 128 of A-Z a-z 0-9 . _ / -',
      )
    const same = this.#byName.get(name) ?? []
    if (same.length >= answersMax)
      throw new NodeError('busy', `${name} has ${answersMax} responders on this node`, 'end one of them')
    const responder = this.#make(name)
    this.#byName.set(name, [...same, responder])
    return responder
  }

  get(id: string): Responder {
    for (const responders of this.#byName.values()) {
      const found = responders.find((each) => each.id === id)
      if (found !== undefined) return found
    }
    throw new NodeError('not-found', 'this responder is not open')
  }

  /** Ends all of them. */
  close(): void {
    for (const responders of this.#byName.values()) for (const responder of responders) responder.close()
  }

  #make(name: string): OpenResponder {
    const queue = new ItemQueue<AskedView>(waitingBytesMax)
    const open = new Map<string, OpenQuery>()
    const settle = (query: string, body: Uint8Array, isFailed: boolean): void => {
      const found = open.get(query)
      if (found === undefined) return
      open.delete(query)
      clearTimeout(found.expires)
      this.#options.answer(fromHex(query)!, found.index, body, isFailed)
    }
    const fail = (query: string, reason: string): void =>
      settle(query, encodeUtf8(reason.toWellFormed()).slice(0, reasonBytesMax), true)
    const responder: OpenResponder = {
      id: randomBytes(16).toString('hex'),
      name,
      queue,
      open,
      [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator](),
      answer: (query, body) => {
        if (body.length > answerSizeMax)
          throw new NodeError('oversize', `an answer has at most ${answerSizeMax} bytes, this one ${body.length}`)
        settle(query, body, false)
      },
      fail,
      close: () => {
        const left = (this.#byName.get(name) ?? []).filter((each) => each !== responder)
        if (left.length === 0) this.#byName.delete(name)
        else this.#byName.set(name, left)
        queue.end()
        for (const query of open.keys()) fail(query, 'the responder is gone')
      },
    }
    return responder
  }
}
