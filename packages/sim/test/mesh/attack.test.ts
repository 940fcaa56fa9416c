import { expect, test } from 'vitest'
import {
  attackPresets,
  hardeningRules,
  meshNetwork,
  runMesh,
  scorePresets,
  type AttackOptions,
  type MeshRun,
} from '../../src/mesh/index.ts'

/** A tenth of the published sizes. */
function attacked(preset: AttackOptions, scores: keyof typeof scorePresets | undefined, settledMs = 10_000): MeshRun {
  const latency = { law: 'uniform', minMs: 22, maxMs: 28 } as const
  return runMesh(
    {
      nodes: 100,
      publishers: 10,
      dials: 20,
      rules: hardeningRules,
      network: { ...meshNetwork, latency, messageBytes: 512 },
      score: scores && scorePresets[scores],
      warmMs: preset.startMs + preset.covertMs + settledMs,
      trafficMs: 65_000,
      messages: 100,
      intervalMs: 100,
      settleMs: 10_000,
      attack: { ...preset, sybils: preset.sybils / 10 },
    },
    1,
  )
}

test('with P3 of the hardening settings, sybils that pass nothing on are out of the mesh after a cold boot', () => {
  const coldBoot = attackPresets['cold-boot']!
  // Which it judges a minute after a peer has come into the mesh.
  const [without, withScores] = [undefined, 'hardening' as const].map((scores) => attacked(coldBoot, scores, 75_000))
  expect(without!.honestPart).toBeLessThan(0.6)
  expect(withScores!.honestPart).toBeGreaterThan(0.9)
  expect(withScores!.delivered).toBe(withScores!.expected)
})

test('sybils at one address are kept out by the stock settings, and not without scores', () => {
  const colocation = attackPresets['colocation']!
  expect(attacked(colocation, 'stock').honestPart).toBeGreaterThan(0.95)
  expect(attacked(colocation, undefined).honestPart).toBeLessThan(0.6)
})

test('announcements deliver, late, what sybils in the mesh keep back in a covert flash', () => {
  const flash = attacked(attackPresets['covert-flash']!, undefined)
  expect(flash.honestPart).toBeLessThan(0.4)
  expect(flash.delivered).toBe(flash.expected)
  expect(flash.sent.iwant).toBeGreaterThan(0)
  expect(flash.delayMs.p99).toBeGreaterThan(2 * flash.delayMs.p50)
})
