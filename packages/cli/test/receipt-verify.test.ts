import { spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeReceipt, encodeReceiptBody, fileReceipts, receiptSignedBytes, sha256, toHex } from '@grapevine/protocol'
import { afterAll, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'grapevine-receipt-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const networkId = sha256(Buffer.from('network'))
const id = sha256(Buffer.from('message'))

function receiptBy(name: string): Uint8Array {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  const key = createPrivateKey({
    key: Buffer.concat([prefix, sha256(Buffer.from(name))]),
    format: 'der',
    type: 'pkcs8',
  })
  const storer = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  const body = encodeReceiptBody({
    storer,
    storedAt: 1_767_225_600_000_000,
    keepUntil: 1_767_312_000_000_000,
    ids: [id],
  })
  return encodeReceipt(body, sign(null, receiptSignedBytes(networkId, 'chat', body), key))
}

const file = fileReceipts({ networkId, topic: 'chat', id }, [receiptBy('alice'), receiptBy('bob')])

function verify(value: unknown, ...flags: string[]): { code: number | null; stdout: string; stderr: string } {
  const path = join(folder, 'receipts.json')
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  const args = [
    '--conditions=@grapevine/source',
    main,
    '--home',
    join(folder, 'none'),
    'receipt',
    'verify',
    path,
    ...flags,
  ]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return { code: status, stdout, stderr }
}

test('receipts that hold are told with their times, without node or home, exit code 0', () => {
  const { code, stdout } = verify(file)
  expect(code).toBe(0)
  expect(stdout).toContain('stored at 2026-01-01T00:00:00.000Z, kept until 2026-01-02T00:00:00.000Z')
  expect(stdout).toContain('2 of 2 receipts hold')
  expect(JSON.parse(verify(file, '--json').stdout)).toMatchObject({ id: toHex(id), topic: 'chat', valid: 2 })
})

test('a receipt that was tampered with is refused with a reason, exit code 1', () => {
  const [first, second] = file.receipts
  const bytes = Buffer.from(first!.receipt, 'base64')
  bytes[bytes.length - 1]! ^= 1
  const { code, stdout } = verify({ ...file, receipts: [{ ...first, receipt: bytes.toString('base64') }, second] })
  expect(code).toBe(1)
  expect(stdout).toContain('the signature does not hold')
  expect(stdout).toContain('1 of 2 receipts hold')
  expect(verify({ ...file, topic: 'other' }).code).toBe(1)
})

test('a file that holds no receipts is told apart, exit code 1, and one that is not there is wrong usage', () => {
  expect(verify('hello')).toMatchObject({ code: 1, stderr: expect.stringContaining('is not JSON') as string })
  expect(verify({})).toMatchObject({ code: 1, stderr: expect.stringContaining('not a file of receipts') as string })
  expect(verify({ ...file, format: 'grapevine-receipt/9' })).toMatchObject({ code: 1 })
  const args = ['--conditions=@grapevine/source', main, 'receipt', 'verify', join(folder, 'gone.json')]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect([status, stderr.includes('there is no such file')]).toEqual([2, true])
})
