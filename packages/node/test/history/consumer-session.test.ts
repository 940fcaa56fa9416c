import type { Message } from '@grapevine/protocol'
import { expect, test, vi } from 'vitest'
import { ConsumerSession } from '../../src/history/consumer-session.ts'
import { withStore } from '../store/with-store.ts'

const message = (arrival: number): Message => ({
  id: new Uint8Array(32),
  topic: 'chat',
  author: new Uint8Array(32),
  epoch: 1,
  sequence: arrival,
  time: 1,
  payload: new Uint8Array(1),
  arrival,
})

test('what an acknowledgement makes room for is marked in the same commit, and handed out when that is on disk', () =>
  withStore(async (store) => {
    const consumer = await store.call('consumer.create', {
      name: 'c',
      topics: ['chat'],
      acked: 0,
      ahead: [],
      handedOut: 0,
      since: 0,
      refilledAt: 0,
      createdAt: 1,
    })
    const session = new ConsumerSession({ store, consumer, window: 4, onEnd: () => {} })
    const call = vi.spyOn(store, 'call')
    const end = 100
    for (let arrival = 1; arrival <= end; arrival++) {
      session.take(message(arrival))
      const handingOut = session.handOut(message(arrival), end)
      if (arrival > 4) await session.ack([arrival - 4])
      expect(await handingOut).toBe(true)
      const { handedOut } = (await store.ask('consumer.get', 'c'))!
      expect(handedOut).toBeGreaterThanOrEqual(arrival)
      expect(handedOut).toBeLessThanOrEqual(Math.min(end, Math.max(0, arrival - 4) + 4))
    }
    // One for the first four, and one for each acknowledgement.
    expect(call.mock.calls.length).toBe(1 + (end - 4))
  }))
