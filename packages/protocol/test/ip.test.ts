import { isIPv6 } from 'node:net'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatIp4, formatIp6, parseIp4, parseIp6 } from '../src/ip.ts'
import { bytesOf } from './arbitrary.ts'

test('addresses come back', () => {
  const sparse = fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(bytesOf(4), (bytes) => {
      expect(parseIp4(formatIp4(bytes))).toEqual(bytes)
    }),
  )
  fc.assert(
    fc.property(
      fc.oneof(
        bytesOf(16),
        sparse.map((bytes) => Uint8Array.from(bytes)),
      ),
      (bytes) => {
        expect(parseIp6(formatIp6(bytes))).toEqual(bytes)
        // The URL standard writes IPv6 by the same rules.
        expect(`[${formatIp6(bytes)}]`).toBe(new URL(`http://[${formatIp6(bytes)}]`).hostname)
      },
    ),
  )
})

test('the same texts are IPv6 addresses as elsewhere', () => {
  const text = fc.oneof(
    fc.ipV6(),
    fc.stringMatching(/^[0-9a-f:.]{2,20}$/),
    fc.stringMatching(/^(::|1:|:|0:|ffff|1\.2\.3\.4){1,9}$/),
  )
  fc.assert(
    fc.property(text, (candidate) => {
      expect(parseIp6(candidate) !== undefined).toBe(isIPv6(candidate))
    }),
    { numRuns: 3_000 },
  )
})

test.each([
  ['::', '::'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
  ['::ffff:1.2.3.4', '::ffff:102:304'],
  ['0001::', '1::'],
])('%s is written %s', (text, written) => {
  expect(formatIp6(parseIp6(text)!)).toBe(written)
})
