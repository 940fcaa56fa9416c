import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import {
  agreedJson,
  completeDefinition,
  definitionHash,
  encodeTicket,
  fromHex,
  gossipId,
  messageIds,
  reasons,
  sha256,
  toHex,
  wireTopic,
  type Ticket,
} from '@grapevine/protocol'
import { describe, expect, test } from 'vitest'
import { exitCodeOf } from '../packages/cli/src/failure.ts'
import { blocksOf, proseOf, tableOf } from './markdown.ts'
import { projectFiles, readText, root } from './source-tree.ts'

const documents = projectFiles().filter((path) => path.endsWith('.md'))

describe('links in documents', () => {
  /** Made from the options by a script; the README names it before it is there. */
  const generated = new Set(['docs/configuration.md'])

  test('lead to files and headings that exist', () => {
    const broken = documents.flatMap((path) =>
      linksIn(path)
        .filter(({ file, heading }) => !generated.has(file) && !isThere(file, heading))
        .map(({ text }) => `${path}: ${text}`),
    )
    expect(broken).toEqual([])
  })

  test('name every document of the project in the README', () => {
    const named = new Set(linksIn('README.md').map(({ file }) => file))
    const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
    expect(pages.map((name) => `docs/${name}`).filter((path) => !named.has(path))).toEqual([])
  })

  function linksIn(path: string): { text: string; file: string; heading: string }[] {
    const targets = [...proseOf(readText(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    return targets
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((text) => {
        const [file = '', heading = ''] = text.split('#')
        return { text, file: file === '' ? path : normalize(join(dirname(path), file)), heading }
      })
  }

  function isThere(file: string, heading: string): boolean {
    if (!existsSync(join(root, file))) return false
    return heading === '' || !file.endsWith('.md') || anchorsOf(readText(file)).includes(heading)
  }
})

test('the table of traps names tests that exist', () => {
  const rows = tableOf(readText('docs/architecture.md'), '#')
  expect(rows.map(([number]) => number)).toEqual(Array.from({ length: 16 }, (_, index) => String(index + 1)))
  const missing = rows.flatMap(([number, , , cell = '']) => {
    const files = [...cell.matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => readText(normalize(join('docs', path))))
    const names = [...cell.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name)
    return names.filter((name) => !files.some((text) => text.includes(name))).map((name) => `${number}: ${name}`)
  })
  expect(missing).toEqual([])
})

test('the table of verdicts is that of the code', () => {
  const rows = Object.entries(reasons).map(([reason, { verdict, text }]) => [reason, verdict, text])
  expect(tableOf(readText('docs/protocol.md'), 'reason')).toEqual(rows)
})

test('every error code stands beside the exit code that it leads to', () => {
  const [union = ''] = readText('packages/node/src/error.ts').split('export class')
  const codes = [...union.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, code = '']) => code)
  expect(codes.length).toBeGreaterThan(10)
  const told = tableOf(readText('docs/operations.md'), 'code').flatMap(([exit = '', , text = '']) =>
    [...text.matchAll(/[a-z-]+/g)].map(([code]) => `${code} ${exit}`),
  )
  expect(told.toSorted()).toEqual(codes.map((code) => `${code} ${exitCodeOf(code)}`).toSorted())
})

describe('the protocol page', () => {
  const page = readText('docs/protocol.md')
  const bytesIn = (title: string): string =>
    tableOf(page, title)
      .map(([bytes = '']) => bytes.replaceAll(' ', ''))
      .join('')
  const vector = JSON.parse(readText('packages/protocol/vectors/id.json')) as {
    networkId: string
    cases: { topic: string; wire: string; signed: string; gossipId: string; messageIds: string[] }[]
  }
  const first = vector.cases[0]!
  const bytes = (hex: string): Uint8Array => fromHex(hex)!

  test('works its example as the code and the vectors do', () => {
    expect(bytesIn('envelope bytes')).toBe(first.wire)
    expect(first.signed.startsWith(bytesIn('signed bytes'))).toBe(true)
    expect(first.signed.length - bytesIn('signed bytes').length).toBe(2 * 67)
    const topic = wireTopic(bytes(vector.networkId), first.topic)
    const ids = messageIds(sha256, bytes(first.signed), 3)
    expect(tableOf(page, 'value').map(([, value]) => value)).toEqual(
      [
        topic,
        toHex(gossipId(sha256, topic, bytes(first.wire))),
        toHex(sha256(bytes(first.signed))),
        ...ids.map(toHex),
      ].map(String),
    )
    expect(ids.map(toHex)).toEqual(first.messageIds)
  })

  test('takes its ticket apart as the code puts it together', () => {
    const { valid } = JSON.parse(readText('packages/protocol/vectors/ticket.json')) as {
      valid: (Ticket & { text: string })[]
    }
    const ticket = valid[0]!
    const text = encodeTicket({ ...ticket, networkId: bytes(String(ticket.networkId)), preSharedKey: undefined })
    expect(text).toBe(ticket.text)
    expect(page).toContain(`\`${text}\``)
    const digits = 'abcdefghijklmnopqrstuvwxyz234567'
    const bits = Array.from(text.slice(3), (digit) => digits.indexOf(digit).toString(2).padStart(5, '0')).join('')
    const packed = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
    expect(bytesIn('ticket bytes')).toBe(toHex(Uint8Array.from(packed)))
  })

  test('hashes its definition as the code does', () => {
    const json = blocksOf(page).find(({ language }) => language === 'json')!.text
    const definition = completeDefinition(JSON.parse(json) as { name: string })
    expect(agreedJson(definition)).toBe(json)
    expect(page).toContain(toHex(definitionHash(definition)))
  })

  test('has the domain of signatures in its bytes', () => {
    expect(page).toContain(
      `\`${toHex(new TextEncoder().encode('grapevine-envelope/1')).replaceAll(/.{8}(?=.)/g, '$& ')}\``,
    )
  })
})

/** The anchors that headings get on the usual web pages of repositories. */
function anchorsOf(markdown: string): string[] {
  return [...proseOf(markdown).matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
