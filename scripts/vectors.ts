/**
 * Writes packages/protocol/vectors/*.json: examples for whoever writes a Grapevine peer in another language, and the
 * bytes that no change may alter unnoticed. Keys are fixed and Ed25519 is deterministic, so a second run changes nothing.
 *
 *     node --conditions=@grapevine/source scripts/vectors.ts
 */
import { sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import {
  compareBytes,
  concatBytes,
  type BodyReference,
  encodeBody,
  encodeBodyReference,
  encodeEnvelope,
  encodeEvidence,
  encodeReceipt,
  encodeReceiptAnswer,
  encodeReceiptBody,
  encodeReceiptRequest,
  type EnvelopeBody,
  gossipId,
  makeEvidence,
  messageIds,
  receiptSignedBytes,
  type ReceiptBody,
  type ReceiptRequest,
  sha256,
  signedBytes,
  toHex,
  wireTopic,
} from '@grapevine/protocol'
import { ticketVectors } from './ticket-vectors.ts'
import { reconcileVectors } from './reconcile-vectors.ts'
import { probeVectors } from './probe-vectors.ts'
import { queryVectors } from './query-vectors.ts'
import { stateVectors } from './state-vectors.ts'
import { signerOf } from './vector-signer.ts'

const networkId = sha256(Buffer.from('grapevine test network'))
const alice = signerOf('alice')
const bob = signerOf('bob')
/** 2026-01-01T00:00:00Z. */
const start = 1_767_225_600_000

const bodies: Readonly<Record<string, EnvelopeBody>> = {
  'one message': bodyOf({ messages: [Buffer.from('hello')] }),
  'an empty message': bodyOf({ sequence: 2, messages: [new Uint8Array(0)] }),
  'a batch': bodyOf({ sequence: 128, messages: ['one', '', 'three'].map((text) => Buffer.from(text)) }),
  'schema and parents': bodyOf({
    schema: sha256(Buffer.from('schema')),
    parents: [sha256(Buffer.from('a')), sha256(Buffer.from('b'))],
    messages: [Buffer.from('{}')],
  }),
  'smallest numbers': bodyOf({ epoch: 1, sequence: 1, time: 1, messages: [Buffer.from('x')] }),
  'largest numbers': bodyOf({
    epoch: Number.MAX_SAFE_INTEGER,
    sequence: Number.MAX_SAFE_INTEGER,
    time: Number.MAX_SAFE_INTEGER,
    messages: [Buffer.from('x')],
  }),
  'a reference': referenceBodyOf({ size: 8_388_608, root: sha256(Buffer.from('root')) }),
  'a reference with an id': referenceBodyOf({
    id: sha256(Buffer.from('body')),
    size: 1,
    root: sha256(Buffer.from('root')),
  }),
}

write('envelope', {
  comment:
    'Bytes in hex. The signature is Ed25519 by the key of the seed over `signed`. Numbers up to 2^53 - 1 are strings.',
  networkId: toHex(networkId),
  authorSeed: toHex(alice.seed),
  valid: Object.entries(bodies).map(([name, body]) => ({ name, ...envelopeVector('chat', body) })),
  invalid: invalidVectors(),
})

write('id', {
  comment: 'Bytes in hex. gossipId is over wireTopic and wire; messageIds are over signed.',
  networkId: toHex(networkId),
  cases: ['chat', 'btc/tx', 'x'.repeat(128)].map((topic) => {
    const { wire, signed } = envelopeVector(topic, bodies['a batch']!)
    const ids = messageIds(sha256, fromVector(signed), 3).map(toHex)
    const id = gossipId(sha256, wireTopic(networkId, topic), fromVector(wire))
    return { topic, wireTopic: wireTopic(networkId, topic), wire, signed, gossipId: toHex(id), messageIds: ids }
  }),
})

write('ticket', {
  comment: 'networkId and preSharedKey in hex. Damaged and foreign texts have the code of their refusal.',
  ...ticketVectors(networkId, [alice.publicKey, bob.publicKey]),
})

write('receipt', {
  comment:
    'Bytes in hex. The signature is Ed25519 by the key of the seed over `signed`. Numbers up to 2^53 - 1 are strings. Answers are those to the request beside them.',
  networkId: toHex(networkId),
  storerSeed: toHex(bob.seed),
  ...receiptVectors(),
})

write('evidence', {
  comment: 'Files of evidence as they are read and written. Signatures hold where `valid` says so; `id` in hex.',
  valid: [
    evidenceVector('one message each', [
      { sequence: 7, messages: ['yes'] },
      { sequence: 7, messages: ['no'] },
    ]),
    evidenceVector('batches that overlap', [
      { sequence: 3, messages: ['a', 'b', 'c', 'd'] },
      { sequence: 5, messages: ['x', 'y', 'z'] },
    ]),
  ],
  invalid: invalidEvidence(),
})

write('probe', probeVectors())
write('reconcile', reconcileVectors(networkId))

write(
  'query',
  queryVectors(networkId, { owner: alice.publicKey, sign: (bytes) => sign(null, bytes, alice.privateKey) }),
)
write(
  'state',
  stateVectors(networkId, { owner: alice.publicKey, sign: (bytes) => sign(null, bytes, alice.privateKey) }),
)

function bodyOf(fields: Partial<EnvelopeBody> & Pick<EnvelopeBody, 'messages'>): EnvelopeBody {
  return { author: alice.publicKey, epoch: start, sequence: 1, time: start * 1000, parents: [], ...fields }
}

function referenceBodyOf(reference: BodyReference): EnvelopeBody {
  return bodyOf({ messages: [encodeBodyReference(reference)], reference })
}

function envelopeVector(topic: string, body: EnvelopeBody) {
  const bodyBytes = encodeBody(body)
  const signed = signedBytes(networkId, topic, bodyBytes)
  const signature = sign(null, signed, alice.privateKey)
  return {
    topic,
    body: {
      author: toHex(body.author),
      epoch: String(body.epoch),
      sequence: String(body.sequence),
      time: String(body.time),
      ...(body.schema === undefined ? {} : { schema: toHex(body.schema) }),
      parents: body.parents.map(toHex),
      ...(body.reference === undefined
        ? { messages: body.messages.map(toHex) }
        : { reference: referenceVector(body.reference) }),
    },
    signed: toHex(signed),
    signature: toHex(signature),
    wire: toHex(encodeEnvelope(bodyBytes, signature)),
  }
}

function referenceVector({ id, size, root }: BodyReference) {
  return { ...(id && { id: toHex(id) }), size: String(size), root: toHex(root) }
}

/** An envelope around a body that {@link encodeBody} would not write: a good one and bytes behind it. */
function spoiled(name: string, bytes: Uint8Array): string {
  const bodyBytes = concatBytes(encodeBody(bodies[name]!), bytes)
  const signature = sign(null, signedBytes(networkId, 'chat', bodyBytes), alice.privateKey)
  return toHex(encodeEnvelope(bodyBytes, signature))
}

function invalidVectors() {
  const reference = encodeBodyReference(bodies['a reference']!.reference!)
  const behind = (bytes: Uint8Array) => concatBytes(Uint8Array.of(0x42, bytes.length), bytes)
  const { wire } = envelopeVector('chat', bodies['one message']!)
  const good = fromVector(wire)
  const change = (name: string, reason: string, bytes: Uint8Array) => ({ name, reason, wire: toHex(bytes) })
  return [
    change('nothing', 'bad-encoding', new Uint8Array(0)),
    change('another version', 'unknown-version', concatBytes(Uint8Array.of(8, 2), good.subarray(2))),
    change('another version and nothing else known', 'unknown-version', Uint8Array.of(8, 2, 255)),
    change('version 0', 'bad-encoding', concatBytes(Uint8Array.of(8, 0), good.subarray(2))),
    change('a version in two bytes', 'bad-encoding', concatBytes(Uint8Array.of(8, 0x81, 0), good.subarray(2))),
    change('no version', 'bad-encoding', good.subarray(2)),
    change('the last byte cut off', 'bad-encoding', good.subarray(0, -1)),
    change('an unknown field at the end', 'bad-encoding', concatBytes(good, Uint8Array.of(0x20, 1))),
    change(
      'signature before body',
      'bad-encoding',
      concatBytes(good.subarray(0, 2), good.subarray(-66), good.subarray(2, -66)),
    ),
    { name: 'a reference beside a message', reason: 'bad-encoding', wire: spoiled('one message', behind(reference)) },
    { name: 'two references', reason: 'bad-encoding', wire: spoiled('a reference', behind(reference)) },
  ]
}

interface EvidenceFile {
  readonly topic: string
  readonly envelopes: readonly [string, string]
}

interface Said {
  readonly sequence: number
  readonly messages: readonly string[]
}

function evidenceVector(name: string, said: readonly [Said, Said]) {
  const [one, other] = said.map(({ sequence, messages }) =>
    fromVector(envelopeVector('chat', bodyOf({ sequence, messages: messages.map((text) => Buffer.from(text)) })).wire),
  )
  const made = makeEvidence({ networkId, topic: 'chat', envelopes: [one!, other!] }, sha256)
  if (typeof made === 'string') throw new Error(made)
  const { id, author, epoch, first, last } = made.equivocation
  const found = { id: toHex(id), author: toHex(author), epoch: String(epoch), first: String(first), last: String(last) }
  return { name, ...found, file: JSON.parse(encodeEvidence(made.evidence)) as EvidenceFile }
}

function invalidEvidence() {
  const { file } = evidenceVector('', [
    { sequence: 7, messages: ['yes'] },
    { sequence: 7, messages: ['no'] },
  ])
  const [one, other] = file.envelopes
  const broken = Buffer.from(one, 'base64')
  broken[broken.length - 1]! ^= 1
  return [
    { name: 'another version', reason: 'unknown-version', file: { ...file, format: 'grapevine-evidence/2' } },
    { name: 'a further member', reason: 'not-evidence', file: { ...file, author: 'somebody' } },
    { name: 'the other order', reason: 'order', file: { ...file, envelopes: [other, one] } },
    { name: 'one envelope twice', reason: 'same', file: { ...file, envelopes: [one, one] } },
    {
      name: 'a broken signature',
      reason: 'bad-signature',
      file: { ...file, envelopes: [broken.toString('base64'), other] },
    },
    { name: 'another topic', reason: 'bad-signature', file: { ...file, topic: 'chess' } },
  ]
}

function fromVector(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

function write(name: string, value: object): void {
  const url = new URL(`../packages/protocol/vectors/${name}.json`, import.meta.url)
  writeFileSync(url, `${JSON.stringify(value, undefined, 2)}\n`)
}

function receiptVectors() {
  const ids = ['a', 'b', 'c'].map((text) => sha256(Buffer.from(text))).toSorted(compareBytes)
  const receipts: Readonly<Record<string, ReceiptBody>> = {
    'one message': { storer: bob.publicKey, storedAt: start * 1000, ids: ids.slice(0, 1) },
    'three messages, kept for a day': {
      storer: bob.publicKey,
      storedAt: start * 1000,
      keepUntil: (start + 86_400_000) * 1000,
      ids,
    },
    'content ids of 1 and 2 bytes': { storer: bob.publicKey, storedAt: 1, ids: [Buffer.of(0), Buffer.of(0, 1)] },
  }
  const valid = Object.entries(receipts).map(([name, body]) => {
    const bytes = encodeReceiptBody(body)
    const signed = receiptSignedBytes(networkId, 'chat', bytes)
    const signature = sign(null, signed, bob.privateKey)
    return {
      name,
      topic: 'chat',
      storer: toHex(body.storer),
      storedAt: String(body.storedAt),
      ...(body.keepUntil !== undefined && { keepUntil: String(body.keepUntil) }),
      ids: body.ids.map(toHex),
      signed: toHex(signed),
      signature: toHex(signature),
      wire: toHex(encodeReceipt(bytes, signature)),
    }
  })
  const messages = ids.map((id, index) => ({ time: index === 2 ? 0 : start * 1000 + index, id }))
  const request: ReceiptRequest = { wireTopic: wireTopic(networkId, 'chat'), signed: false, messages }
  const signed = { ...request, signed: true }
  const receipt = fromVector(valid[1]!.wire)
  return {
    valid,
    requests: [request, signed].map((of) => ({
      wireTopic: of.wireTopic,
      signed: of.signed,
      messages: of.messages.map(({ time, id }) => ({ time: String(time), id: toHex(id) })),
      wire: toHex(encodeReceiptRequest(of)),
    })),
    answers: [
      { request: 0, type: 'held', held: [0, 2], wire: toHex(encodeReceiptAnswer({ type: 'held', held: [0, 2] }, 3)) },
      { request: 0, type: 'held', held: [], wire: toHex(encodeReceiptAnswer({ type: 'held', held: [] }, 3)) },
      { request: 0, type: 'not-kept', wire: toHex(encodeReceiptAnswer({ type: 'not-kept' }, 3)) },
      { request: 0, type: 'busy', wire: toHex(encodeReceiptAnswer({ type: 'busy' }, 3)) },
      { request: 1, type: 'signed', wire: toHex(encodeReceiptAnswer({ type: 'signed', receipt }, 3)) },
    ],
  }
}
