import { toHex, type Message } from '@grapevine/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { BodyHost } from '../../src/body/body-host.ts'
import { BodyStore } from '../../src/body/body-store.ts'
import { Log } from '../../src/log/log.ts'
import { temporaryFolder } from '../temporary-home.ts'

const nothing = new Uint8Array()

function message(topic: string, number: number): Message {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, number)
  const fetched = { size: 1_000, root: id }
  return { id, topic, author: id, epoch: 1, sequence: number, time: 0, payload: nothing, fetched }
}

test('the newest messages of a topic without a store are known, however many others get', async () => {
  const needed = (): Promise<number[]> => Promise.resolve([])
  const log = new Log().part('bodies')
  const store = await BodyStore.open({ directory: temporaryFolder(), bytesMax: 1 << 20, needed, log })
  onTestFinished(() => store.close())
  const host = new BodyHost({ store, dispatch: () => undefined, blame: () => undefined })
  const calm = message('calm', 1)
  host.delivering([calm])
  for (let number = 2; number < 2_002; number++) host.delivering([message('flooded', number)])
  const known = (number: number, topics: readonly string[]): number | undefined =>
    host.recent(toHex(message('', number).id), topics)?.sequence
  expect(known(1, ['flooded', 'calm'])).toBe(1)
  expect(known(1, ['flooded'])).toBeUndefined()
  expect([known(2, ['flooded']), known(2_001, ['calm', 'flooded'])]).toEqual([undefined, 2_001])
})
