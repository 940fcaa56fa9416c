/** The thread that owns the database: one question at a time, one answer to each, whatever happens. */
import { parentPort } from 'node:worker_threads'
import { faultOf } from './fault.ts'
import { StoreThread, UnsalvageableDatabase } from './thread.ts'
import type { WorkerAnswer, WorkerCalls, WorkerNews, WorkerRequest } from './worker-call.ts'

const thread = new StoreThread((news: WorkerNews) => parentPort?.postMessage(news, []))

parentPort?.on('message', ({ id, call, args }: WorkerRequest) => {
  const answer = answerTo(id, call, args)
  try {
    parentPort?.postMessage(answer, 'value' in answer ? buffersIn(answer.value) : [])
  } catch (error) {
    // What a part answered cannot cross threads.
    parentPort?.postMessage({ id, fault: faultOf(error) } satisfies WorkerAnswer, [])
  }
  // What can wait until the answer is out.
  thread.afterwards()
})

function answerTo(id: number, call: keyof WorkerCalls, args: unknown): WorkerAnswer {
  try {
    return { id, value: thread.run(call, args) }
  } catch (error) {
    // Without a database to go on with, a new thread has to open what is there.
    if (error instanceof UnsalvageableDatabase) throw error
    return { id, fault: faultOf(error) }
  }
}

/** The buffers of an answer, which are handed over instead of copied. */
function buffersIn(value: unknown): ArrayBuffer[] {
  if (value instanceof ArrayBuffer) return [value]
  if (ArrayBuffer.isView(value))
    return value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength ? [value.buffer] : []
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.values(value).flatMap(buffersIn)
}
