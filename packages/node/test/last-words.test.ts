import { expect, test } from 'vitest'
import { collect, startNode, until } from './test-network.ts'

test('what a node says right before it stops is heard, also by a peer that is busy', async () => {
  const listener = await startNode()
  const texts = collect(listener, 'chat')
  for (let round = 0; round < 5; round++) {
    const speaker = await startNode({ ticket: listener.ticket(), batchMax: 1 })
    await speaker.waitForPeers('chat', { waitPeers: 1 })
    const said = Array.from({ length: 200 }, (_, index) => `${round} ${index}`)
    await Promise.all(said.map((text) => speaker.publish('chat', Buffer.from(text))))
    const stopped = speaker.stop()
    // The listener's event loop, which is the speaker's too, has other work now and then.
    for (let blocked = 0; blocked < 3; blocked++) {
      const free = performance.now() + 30
      while (performance.now() < free);
      await new Promise((resolve) => setImmediate(resolve))
    }
    await stopped
    await until(
      () => said.filter((text) => !texts.includes(text)),
      (missing) => missing.length === 0,
    )
  }
  expect(texts).toHaveLength(1_000)
})
