import type { ExportLine } from '@grapevine/protocol'
import type { ConsumerView, MessageView } from '@grapevine/protocol/control'
import type { ConsumerApi, HistoryApi } from '../../src/api.ts'
import { NodeError } from '../../src/error.ts'

/** Takes every name for a consumer that is there, but `gone`. */
export class EchoConsumers implements ConsumerApi {
  async list(): ReturnType<ConsumerApi['list']> {
    return [consumer('one')]
  }

  async show(name: string): ReturnType<ConsumerApi['show']> {
    if (name === 'gone') throw new NodeError('not-found', 'no such consumer')
    return consumer(name)
  }

  async remove(name: string): ReturnType<ConsumerApi['remove']> {
    if (name === 'busy') throw new NodeError('busy', 'it has a reader')
  }

  async reset(name: string, { last = 0 }: { readonly last?: number } = {}): ReturnType<ConsumerApi['reset']> {
    return { ...consumer(name), behind: last }
  }

  async ack(_name: string, _session: string, arrivals: readonly number[]): ReturnType<ConsumerApi['ack']> {
    return { acked: Math.max(...arrivals) }
  }
}

/** Has the messages of the topic `chat`, and takes what begins with a 1. */
export class EchoHistory implements HistoryApi {
  readonly #sent: readonly MessageView[]

  constructor(sent: readonly MessageView[]) {
    this.#sent = sent
  }

  async *read({ topic, last = 1000 }: Parameters<HistoryApi['read']>[0]): AsyncGenerator<MessageView, void, void> {
    if (topic !== 'chat') throw new NodeError('not-held', 'no such topic')
    yield* this.#sent.slice(-last)
  }

  /** In pieces of 1,000 bytes. A message that begins with `cut` fails behind the first. */
  async body({ id }: Parameters<HistoryApi['body']>[0]): ReturnType<HistoryApi['body']> {
    const found = this.#sent.find((message) => message.id.startsWith(id))
    if (found === undefined) throw new NodeError('not-found', `no message ${id}`)
    const bytes = Buffer.from(found.text ?? '')
    const chunks = async function* (): AsyncGenerator<Uint8Array, void, void> {
      for (let at = 0; at < bytes.length; at += 1000) {
        if (at > 0 && bytes.toString().startsWith('cut')) throw new NodeError('disk', 'the disk is gone')
        yield bytes.subarray(at, at + 1000)
      }
    }
    return { id: found.id, topic: found.topic, size: bytes.length, chunks: chunks() }
  }

  async *export(topic: string): AsyncGenerator<ExportLine, void, void> {
    if (topic !== 'chat') throw new NodeError('not-held', 'no such topic')
    for (const { epoch, time } of this.#sent) yield { topic, wire: 'AQ==', epoch, time, messages: [] }
  }

  async *import(
    topic: string,
    wires: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<{ readonly result: 'new' | 'refused' }, void, void> {
    if (topic === 'gone') throw new NodeError('usage', 'nothing is kept')
    for await (const [first] of wires) {
      if (first === 0) throw new NodeError('disk', 'the disk is full')
      yield { result: first === 1 ? 'new' : 'refused' }
    }
  }
}

const consumer = (name: string): ConsumerView => ({
  consumer: name,
  topics: ['chat'],
  active: false,
  behind: 0,
  unacked: 0,
  acked: 0,
  created: '1970-01-01T00:00:00.000Z',
})
