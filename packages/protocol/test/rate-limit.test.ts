import { expect, test } from 'vitest'
import { RateLimit } from '../src/rate-limit.ts'
import { alice, rulesOf, self } from './machine-world.ts'

test('a rate limit allows a burst of one second and refills with time', () => {
  const limit = new RateLimit()
  const rules = rulesOf('t', { authorRateMax: 10 })
  expect(limit.allow(rules, alice, 10, 0)).toBe(true)
  expect(limit.allow(rules, alice, 1, 0)).toBe(false)
  expect(limit.allow(rules, alice, 1, 99)).toBe(false)
  expect(limit.allow(rules, alice, 1, 100)).toBe(true)
  expect(limit.allow(rules, alice, 11, 100_000)).toBe(false)
  expect(limit.allow(rules, alice, 10, 100_000)).toBe(true)
})

test('a rate limit counts authors and topics apart', () => {
  const limit = new RateLimit()
  expect(limit.allow(rulesOf('t', { authorRateMax: 1 }), alice, 1, 0)).toBe(true)
  expect(limit.allow(rulesOf('t', { authorRateMax: 1 }), self, 1, 0)).toBe(true)
  expect(limit.allow(rulesOf('u', { authorRateMax: 1 }), alice, 1, 0)).toBe(true)
  expect(limit.allow(rulesOf('u', { authorRateMax: 1 }), alice, 1, 0)).toBe(false)
})

test('a rate below one a second lets single messages pass', () => {
  const limit = new RateLimit()
  const rules = rulesOf('t', { authorRateMax: 0.5 })
  expect(limit.allow(rules, alice, 1, 0)).toBe(true)
  expect(limit.allow(rules, alice, 1, 1_000)).toBe(false)
  expect(limit.allow(rules, alice, 1, 2_000)).toBe(true)
})

test('no limit allows everything', () => {
  expect(new RateLimit().allow(rulesOf('t'), alice, 1e9, 0)).toBe(true)
})
