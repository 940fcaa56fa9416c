import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { Verifier } from '../../src/verify/verifier.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const author = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url'))

/** Every seventh has the signature of another message. */
const jobs = Array.from({ length: 2_000 }, (_, index) => {
  const message = Buffer.from(`message ${index}`)
  return { author, message, signature: sign(null, index % 7 === 0 ? Buffer.from('other') : message, privateKey) }
})

test('a flood of signatures is answered in order, before and after the worker thread has started', async () => {
  const verifier = new Verifier()
  const answers: [index: number, valid: boolean][] = []
  await new Promise<void>((resolve) => {
    for (const [index, job] of jobs.entries()) {
      verifier.verify(job, (valid) => {
        answers.push([index, valid])
        if (answers.length === jobs.length) resolve()
      })
    }
  })
  expect(answers).toEqual(jobs.map((_, index) => [index, index % 7 !== 0]))
  await verifier.stop()
})

test('the first of a flood need not wait for the worker thread to start', async () => {
  const verifier = new Verifier()
  let answered = 0
  for (const job of jobs.slice(0, 20)) verifier.verify(job, () => answered++)
  // Three turns of the event loop: no thread starts in that time.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(answered).toBe(20)
  await verifier.stop()
})
