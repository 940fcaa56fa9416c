import { encodeTicket, peerIdFromKey, sha256, type Ticket, toHex } from '@grapevine/protocol'

/** The examples of tickets, with the keys of two peers. */
export function ticketVectors(networkId: Uint8Array, keys: readonly [Uint8Array, Uint8Array]): object {
  const tickets = ticketsOf(networkId, keys)
  return {
    valid: tickets.map((ticket) => ({
      ...ticket,
      networkId: toHex(ticket.networkId),
      ...(ticket.preSharedKey === undefined ? {} : { preSharedKey: toHex(ticket.preSharedKey) }),
      text: encodeTicket(ticket),
    })),
    invalid: [
      { text: '', code: 'ticket-format' },
      { text: 'hello', code: 'ticket-format' },
      { text: 'gv1 bad', code: 'ticket-format' },
      { text: 'gv2abc', code: 'ticket-version' },
      { text: 'gv1bad', code: 'ticket-damaged' },
      { text: encodeTicket(tickets[0]!).slice(0, -1), code: 'ticket-damaged' },
      { text: encodeTicket(tickets[0]!).replace('gv1', 'gvs1'), code: 'ticket-damaged' },
      { text: encodeTicket(tickets[0]!).replace('gv1', 'Gv1'), code: 'ticket-damaged' },
    ],
  }
}

function ticketsOf(networkId: Uint8Array, keys: readonly [Uint8Array, Uint8Array]): Ticket[] {
  const [a, b] = keys.map(peerIdFromKey)
  const addresses = [
    `/ip4/203.0.113.7/tcp/41873/p2p/${a}`,
    `/ip6/2001:db8::7/tcp/41873/p2p/${a}`,
    `/dns4/relay.example.org/tcp/4001/p2p/${b}`,
    `/ip4/127.0.0.1/tcp/41873/p2p/${a}`,
  ]
  return [
    { name: 'demo', networkId, dialect: 'grapevine', addresses: addresses.slice(0, 1) },
    { name: 'demo', networkId, dialect: 'grapevine', addresses },
    { name: 'eth.relay_1-x', networkId, dialect: 'pubsub', addresses: [] },
    { name: 'private', networkId, dialect: 'grapevine', addresses, preSharedKey: sha256(Buffer.from('secret')) },
  ]
}
