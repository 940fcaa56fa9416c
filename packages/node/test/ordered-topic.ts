import { decodeEnvelope, fromHex, messageIds, sha256, signedBytes, toHex, type Message } from '@grapevine/protocol'
import type { Node } from '../src/node.ts'
import type { ValidatorAnswer } from '../src/topic/answer.ts'
import { defineTopic, type Topic } from '../src/topic/topic.ts'

/** The topic `chain`, on which nothing is taken before its parents. */
export function inOrder(delivery: 'lossless' | 'best-effort' = 'lossless'): Topic<Uint8Array> {
  const known = new Set<string>()
  const validate = ({ id, parents = [] }: Message): ValidatorAnswer => {
    const waitFor = parents.filter((parent) => !known.has(toHex(parent)))
    if (waitFor.length > 0) return { verdict: 'defer', waitFor }
    known.add(toHex(id))
    return 'accept'
  }
  return defineTopic({ name: 'chain', validate, delivery })
}

/** The id of the first message of an envelope on it. */
export function idOf(node: Pick<Node, 'network'>, bytes: Uint8Array): Uint8Array {
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) throw new Error('it does not decode')
  const signed = signedBytes(fromHex(node.network().id)!, 'chain', decoded.envelope.bodyBytes)
  return messageIds(sha256, signed, 1)[0]!
}
