import { toHex } from '@grapevine/protocol'
import { encodeProbeAnswer, encodeProbeRequest, type ProbeFinding } from '@grapevine/protocol/probe'

const target = (byte: number): Uint8Array => new Uint8Array(16).fill(byte)

/** The examples of probes: requests and answers. */
export function probeVectors(): object {
  const requests = [
    { targets: [target(1)], waitMs: 1 },
    { targets: [target(2), target(1)], waitMs: 9_500 },
  ]
  const findings: ProbeFinding[] = [
    { link: 'none', door: 'untried' },
    { link: 'answers', ms: 12.345, door: 'open' },
    { link: 'silent', door: 'refused' },
    { link: 'stranger', door: 'untried' },
    { link: 'busy', door: 'silent' },
    { link: 'none', door: 'other' },
  ]
  const request = encodeProbeRequest(requests[0]!)
  const invalid: Readonly<Record<string, Uint8Array>> = {
    'a request without targets': request.subarray(18),
    'a request without a wait': request.subarray(0, 18),
    'a target twice': Buffer.concat([request.subarray(0, 18), request]),
    'a target of 15 bytes': Buffer.concat([Uint8Array.of(0x0a, 15), target(1).subarray(1), request.subarray(18)]),
  }
  return {
    comment: 'Bytes in hex.',
    requests: requests.map(({ targets, waitMs }) => ({
      targets: targets.map(toHex),
      waitMs,
      wire: toHex(encodeProbeRequest({ targets, waitMs })),
    })),
    answers: [{ findings, wire: toHex(encodeProbeAnswer(findings)) }],
    invalid: Object.entries(invalid).map(([name, wire]) => ({ name, wire: toHex(wire) })),
  }
}
