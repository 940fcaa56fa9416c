import { describe, expect, test } from 'vitest'
import { FrameReader, prefixed } from '../../src/cluster/frame-reader.ts'

const bounds = { frameBytesMax: 300, burstBytes: 10_000, bytesPerSecond: 1_000 }

describe('frames', () => {
  test('come out as they went in, however they are cut', () => {
    const frames = [0, 1, 127, 128, 300, 5, 299].map((length, at) => new Uint8Array(length).fill(at))
    const bytes = Buffer.concat(frames.map(prefixed))
    for (let size = 1; size <= bytes.length; size++) {
      const reader = new FrameReader(bounds, 0)
      const read: Uint8Array[] = []
      for (let at = 0; at < bytes.length; at += size) read.push(...reader.take(bytes.subarray(at, at + size))!)
      expect(read).toEqual(frames)
    }
  })

  test('that are too long, or whose length does not end, are told of before any of them is kept', () => {
    for (const bytes of [prefixed(new Uint8Array(301)).subarray(0, 2), Uint8Array.of(0xff, 0xff, 0xff, 0xff)]) {
      expect(new FrameReader(bounds, 0).take(bytes)).toBeUndefined()
    }
    expect(new FrameReader(bounds, 0).take(Uint8Array.of(0x80, 0x80, 0x80))).toBeUndefined()
  })

  test('that come too fast call for a rest, as long as it takes; small ones count too', () => {
    const reader = new FrameReader(bounds, 0)
    const one = prefixed(new Uint8Array(0))
    expect(reader.restMs(0)).toBe(0)
    for (let count = 0; count < 17; count++) reader.take(one)
    const rest = reader.restMs(0)
    expect(rest).toBeGreaterThan(5_000)
    expect(reader.restMs(rest)).toBe(0)
    expect(reader.restMs(1e9)).toBe(0)
  })
})
