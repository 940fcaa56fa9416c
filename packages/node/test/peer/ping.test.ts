import type { Connection } from '@libp2p/interface'
import { expect, onTestFinished, test } from 'vitest'
import { ping } from '../../src/peer/ping.ts'

test('a stream that the peer reset before the ping was sent fails the ping, and nothing else', async () => {
  const stream = Object.assign(new EventTarget(), {
    send: () => {
      throw new Error('the stream was reset')
    },
    abort: () => stream.dispatchEvent(new Event('close')),
  })
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  const connection = { newStream: () => Promise.resolve(stream) } as unknown as Connection
  const control = new AbortController()
  await expect(ping(connection, control.signal)).rejects.toThrow('the stream was reset')
  control.abort(new Error('too late'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(unhandled).toEqual([])
})
