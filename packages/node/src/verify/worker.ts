/** The thread that checks signatures: a packed batch in, one byte per signature out, in order. Says once that it is up. */
import { parentPort } from 'node:worker_threads'
import { verify } from '../crypto.ts'
import { unpackJobs } from './job.ts'

parentPort?.on('message', (buffer: ArrayBuffer) => {
  const answers = new Uint8Array(
    [...unpackJobs(buffer)].map((job) => Number(verify(job.message, job.signature, job.author))),
  )
  parentPort?.postMessage(answers, [answers.buffer])
})

parentPort?.postMessage(new Uint8Array(), [])
