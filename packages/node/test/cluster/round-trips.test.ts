import { peerIdFromKey } from '@grapevine/protocol'
import { describe, expect, test } from 'vitest'
import { roundTripsOf } from '../../src/cluster/round-trips.ts'
import { startNode, until } from '../test-network.ts'

describe('round trips', () => {
  test('are estimated from exchanges, to others and between others, and measured if asked for', async () => {
    const one = await startNode({ name: 'one' })
    const others = await Promise.all(['two', 'three'].map((name) => startNode({ ticket: one.ticket(), name })))
    for (const { peerId } of others)
      await until(
        () => one.cluster!.places.measuredMs(peerId),
        (ms) => ms !== undefined,
      )
    const [trip] = await one.rtt.list({ to: 'two' })
    expect(trip).toMatchObject({ from: one.peerId, to: others[0]!.peerId, fromName: 'one', toName: 'two' })
    // On one machine: whatever it is, it is no second.
    expect(trip!.estimateMs).toBeLessThan(1000)
    expect(trip!.exchangeMs).toBeLessThan(1000)
    const all = await one.rtt.list({ measure: true })
    expect(new Set(all.map(({ toName }) => toName))).toEqual(new Set(['two', 'three']))
    expect(all.map(({ pingMs }) => typeof pingMs)).toEqual(['number', 'number'])
    expect(all[0]!.estimateMs).toBeLessThanOrEqual(all[1]!.estimateMs!)
    const [between] = await one.rtt.list({ from: 'two', to: 'three' })
    expect(between!.estimateMs).toBeLessThan(1000)
    expect(between).not.toHaveProperty('exchangeMs')
    await expect(one.rtt.list({ from: 'two', measure: true })).rejects.toMatchObject({ code: 'usage' })
    await expect(one.rtt.list({ to: 'one' })).rejects.toMatchObject({ code: 'usage' })
    await expect(one.rtt.list({ to: 'nobody' })).rejects.toMatchObject({ code: 'not-found' })
    const stranger = peerIdFromKey(new Uint8Array(32).fill(1))
    await expect(one.rtt.list({ to: stranger })).rejects.toMatchObject({ code: 'not-found' })
  })

  test('are refused where there are no members', async () => {
    const trips = roundTripsOf(undefined, { ping: () => Promise.reject(new Error('nobody')) })
    await expect(trips.list()).rejects.toMatchObject({ code: 'usage' })
  })
})
