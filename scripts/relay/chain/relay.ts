import { readFileSync } from 'node:fs'
import {
  defineRelay,
  ignore,
  reject,
  type Relay,
  type RelayAnswer,
  type RelayContext,
  relayTopic,
  waitFor,
  waitMs,
} from '@grapevine/node/relay'
import { type BlockBody, type Genesis, genesisId, Ledger, type Payment, paymentsMax } from './ledger.ts'

const json = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const whole = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const
const id = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const
const object = (
  properties: Readonly<Record<string, unknown>>,
): { readonly json: Readonly<Record<string, unknown>> } => ({
  json: { type: 'object', properties, required: Object.keys(properties), additionalProperties: false },
})
const parsed = (payload: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(payload))
/** Messages have times in whole milliseconds; clocks may differ by this. */
const driftMs = 500

/**
 * A chain of its own: payments, and blocks of them by proposers that take turns. Both are signed by the nodes that publish
 * them, as all messages are. docs/relay.md goes through it.
 */
export function chainRelay(genesis: Genesis): Relay {
  const ledger = new Ledger(genesis)
  let self = ''
  let lastSlot = -1
  const slotAt = (ms: number): number => Math.floor(ms / genesis.slotMs)

  const takeBlock = (block: string, body: BlockBody, author: string, relay: RelayContext): void => {
    const move = ledger.add(block, body, author, Date.now())
    if (move === undefined) return
    relay.gauge('height', move.to.height)
    relay.gauge('tip', move.to.id)
    const { balances, nonces } = ledger.books
    const lines = [...balances].map(([who, has]) => `${who.slice(-6)}=${has}`)
    relay.gauge('balances', lines.toSorted((one, other) => (one < other ? -1 : 1)).join(' '))
    relay.gauge(
      'paid',
      [...nonces.values()].reduce((sum, nonce) => sum + nonce, 0),
    )
    if (move.left.length > 0) relay.count('reorganisations')
  }

  const judgeBlock = (block: string, body: BlockBody, author: string, relay: RelayContext): RelayAnswer => {
    if (block !== '' && ledger.has(block)) return 'accept'
    if (!ledger.has(body.parent)) return waitFor([body.parent], 'its parent is not here')
    const early = body.slot * genesis.slotMs - driftMs - Date.now()
    if (early > 0)
      return early > 10_000 ? ignore('its turn is far in the future') : waitMs(early, 'its turn has not come')
    if (ledger.missing(body).length > 0) return waitMs(100, 'payments are on their way')
    const fault = ledger.faultOf(body, author)
    if (fault !== undefined) return fault.startsWith('its parent') ? ignore(fault) : reject(fault)
    // Our own has no id yet: it comes back through onAccept.
    if (block !== '') takeBlock(block, body, author, relay)
    return 'accept'
  }

  /** Makes a block when it is our turn. */
  const propose = async (relay: RelayContext): Promise<void> => {
    const slot = slotAt(Date.now())
    if (slot === lastSlot || slot <= ledger.books.slot || ledger.proposerOf(slot) !== self) return
    lastSlot = slot
    await relay.publish('chain/blocks', json(ledger.propose(slot)))
    relay.count('proposed')
  }

  return defineRelay({
    name: 'chain',
    topics: [
      relayTopic<Payment>({
        name: 'chain/payments',
        payload: object({ to: { type: 'string', maxLength: 64 }, amount: whole, nonce: whole, fee: whole }),
        replay: 'all',
        decode: (payload) => parsed(payload) as Payment,
        onAccept: ({ id: payment, author = '', value }, relay) => {
          const refusal = ledger.pay(payment, author, value, Date.now())
          relay.gauge('waiting', ledger.waiting)
          if (refusal !== undefined) relay.count(`payments: ${refusal}`)
        },
      }),
      relayTopic<BlockBody>({
        name: 'chain/blocks',
        payload: object({ parent: id, slot: whole, payments: { type: 'array', items: id, maxItems: paymentsMax } }),
        replay: 'all',
        decode: (payload) => parsed(payload) as BlockBody,
        validate: ({ id: block, author = '', value }, relay) => judgeBlock(block, value, author, relay),
        onAccept: ({ id: block, author = '', value }, relay) => {
          if (!ledger.has(block)) takeBlock(block, value, author, relay)
          relay.gauge('waiting', ledger.waiting)
        },
      }),
    ],
    start: async (relay) => {
      self = (await relay.client.call('status', {})).peerId
      relay.gauge('tip', genesisId)
    },
    timers: [{ everyMs: Math.max(10, genesis.slotMs / 10), run: propose }],
  })
}

const file = process.env['CHAIN_GENESIS']
if (file === undefined)
  throw new Error('CHAIN_GENESIS names a file: {"proposers": [PEER ID, …], "slotMs": 1000, "balance": 100}')

export default chainRelay(JSON.parse(readFileSync(file, 'utf8')) as Genesis)
