import { argumentError } from '../error.ts'
import { bytesFieldSize, varintFieldSize, WireReader, WireWriter } from '../wire.ts'
import { probeDoors, type ProbeFinding, probeLinks } from './finding.ts'

/** Asks a member to try to reach others, by the ids of owners of state. */
export interface ProbeRequest {
  /** 16 bytes each, 1 to {@link probeTargetsMax}, none twice. */
  readonly targets: readonly Uint8Array[]
  /** Within what time an answer is of use, in ms, 1 to {@link probeWaitMsMax}. */
  readonly waitMs: number
}

/** Members that one request may name. */
export const probeTargetsMax = 64
/** The longest wait, in ms. */
export const probeWaitMsMax = 30_000
/** Bytes of a request or an answer at most: a request with all targets has 1,155. */
export const probeFrameSizeMax = 2048

const idRange = { min: 16, max: 16 }
const findingRange = { min: 0, max: 16 }
const microsecondsMax = 60_000_000

/** A request in its one form. Throws `argument` for targets or a wait out of range. */
export function encodeProbeRequest({ targets, waitMs }: ProbeRequest): Uint8Array {
  if (targets.length < 1 || targets.length > probeTargetsMax)
    throw argumentError('targets', `1 to ${probeTargetsMax}`, targets.length)
  if (!(waitMs >= 1 && waitMs <= probeWaitMsMax)) throw argumentError('waitMs', `1 to ${probeWaitMsMax}`, waitMs)
  const writer = new WireWriter(targets.length * bytesFieldSize(16) + varintFieldSize(Math.floor(waitMs)))
  for (const target of targets) writer.bytes(1, target)
  writer.varint(2, Math.floor(waitMs))
  return writer.finish()
}

/** Reads a request of a peer. Never throws; undefined for all but the canonical bytes. */
export function decodeProbeRequest(bytes: Uint8Array): ProbeRequest | undefined {
  if (bytes.length > probeFrameSizeMax) return undefined
  const reader = new WireReader(bytes)
  const targets = reader.repeated(1, idRange, probeTargetsMax)
  const waitMs = reader.varint(2, probeWaitMsMax)
  const isOnce = new Set(targets.map((target) => target.join())).size === targets.length
  return reader.end() && targets.length > 0 && waitMs > 0 && isOnce ? { targets, waitMs } : undefined
}

/** The answer: a finding for each target of the request, in its order. */
export function encodeProbeAnswer(findings: readonly ProbeFinding[]): Uint8Array {
  const parts = findings.map(({ link, door, ms = 0 }) => {
    const us = link === 'answers' ? Math.max(1, Math.min(microsecondsMax, Math.round(ms * 1000))) : 0
    const codes = [probeLinks.indexOf(link), probeDoors.indexOf(door), us]
    const part = new WireWriter(codes.reduce((sum, code) => sum + varintFieldSize(code), 0))
    for (const [at, code] of codes.entries()) part.varint(at + 1, code)
    return part.finish()
  })
  const writer = new WireWriter(parts.reduce((sum, part) => sum + bytesFieldSize(part.length), 0))
  for (const part of parts) writer.bytes(1, part)
  return writer.finish()
}

/** Reads an answer to a request with so many targets. Never throws; undefined for all but the canonical bytes of as many. */
export function decodeProbeAnswer(bytes: Uint8Array, count: number): ProbeFinding[] | undefined {
  if (bytes.length > probeFrameSizeMax) return undefined
  const reader = new WireReader(bytes)
  const findings: ProbeFinding[] = []
  for (const part of reader.repeated(1, findingRange, probeTargetsMax)) {
    const fields = new WireReader(part)
    const link = probeLinks[fields.varint(1, probeLinks.length - 1)]!
    const door = probeDoors[fields.varint(2, probeDoors.length - 1)]!
    const us = fields.varint(3, microsecondsMax)
    if (!fields.end() || us > 0 !== (link === 'answers')) return undefined
    findings.push({ link, door, ...(us > 0 && { ms: us / 1000 }) })
  }
  return reader.end() && findings.length === count ? findings : undefined
}
