import type { Route, Schema } from './contract.ts'
import type { BlocksView, PeerDetailView, PeerView, PingView } from './shape.ts'

const peer: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'peer id, at least 6 characters of its end, or name',
}
const peerAddress: Schema = { type: 'string', minLength: 1, maxLength: 400, description: 'multiaddr on TCP' }
const milliseconds: Schema = { type: 'integer', minimum: 0, maximum: 86_400_000 }

/** The routes about peers, by name; all answer with one JSON value. */
export const peerRoutes: { readonly [Name in keyof PeerContract]: Route & { readonly answer: 'json' } } = {
  peers: {
    method: 'GET',
    path: '/v1/peers',
    summary: 'Connected peers, or all that are known',
    params: { all: { type: 'boolean' } },
    answer: 'json',
  },
  peerAdd: {
    method: 'POST',
    path: '/v1/peers',
    summary: 'Keep a peer: dial it for ever, across restarts',
    body: { type: 'object', properties: { address: peerAddress }, required: ['address'], additionalProperties: false },
    answer: 'json',
  },
  peer: {
    method: 'GET',
    path: '/v1/peers/{peer}',
    summary: 'All that is known of a peer',
    params: { peer },
    required: ['peer'],
    answer: 'json',
  },
  peerRemove: {
    method: 'DELETE',
    path: '/v1/peers/{peer}',
    summary: 'Forget a peer and its addresses; a connection stays open',
    params: { peer },
    required: ['peer'],
    answer: 'json',
  },
  peerConnect: {
    method: 'POST',
    path: '/v1/connect',
    summary: 'Dial a known peer, or an address with or without peer id',
    params: { timeout: milliseconds },
    body: {
      type: 'object',
      properties: { peer: { type: 'string', minLength: 1, maxLength: 400 } },
      required: ['peer'],
      additionalProperties: false,
    },
    answer: 'json',
  },
  peerDisconnect: {
    method: 'POST',
    path: '/v1/peers/{peer}/disconnect',
    summary: 'Close the connections to a peer, and dial it no more until told to',
    params: { peer },
    required: ['peer'],
    answer: 'json',
  },
  peerPing: {
    method: 'POST',
    path: '/v1/peers/{peer}/ping',
    summary: 'Measure the round trip to a connected peer',
    params: { peer, timeout: milliseconds },
    required: ['peer'],
    answer: 'json',
  },
  blocked: { method: 'GET', path: '/v1/blocked', summary: 'Whom this node keeps out', answer: 'json' },
  block: {
    method: 'POST',
    path: '/v1/blocked',
    summary: 'Keep out a peer, an IP or a range, across restarts; ends its connections',
    body: { type: 'object', properties: { target: peer }, required: ['target'], additionalProperties: false },
    answer: 'json',
  },
  allow: {
    method: 'POST',
    path: '/v1/allowed',
    summary: 'Let in again; with `only`, let in nobody else; with no targets, let in everyone who is not blocked',
    body: {
      type: 'object',
      properties: { targets: { type: 'array', items: peer, maxItems: 256 }, only: { type: 'boolean' } },
      required: ['targets'],
      additionalProperties: false,
    },
    answer: 'json',
  },
}

/** Parameters, body and answer of each of them. */
export interface PeerContract {
  readonly peers: { params: { readonly all?: boolean }; answer: readonly PeerView[] }
  readonly peerAdd: { params: {}; body: { readonly address: string }; answer: PeerView }
  readonly peer: { params: { readonly peer: string }; answer: PeerDetailView }
  readonly peerRemove: { params: { readonly peer: string }; answer: { readonly peerId: string } }
  readonly peerConnect: { params: { readonly timeout?: number }; body: { readonly peer: string }; answer: PeerView }
  readonly peerDisconnect: {
    params: { readonly peer: string }
    answer: { readonly peerId: string; readonly closed: number }
  }
  readonly peerPing: { params: { readonly peer: string; readonly timeout?: number }; answer: PingView }
  readonly blocked: { params: {}; answer: BlocksView }
  readonly block: {
    params: {}
    body: { readonly target: string }
    answer: { readonly target: string; readonly closed: number }
  }
  readonly allow: {
    params: {}
    body: { readonly targets: readonly string[]; readonly only?: boolean }
    answer: BlocksView
  }
}
