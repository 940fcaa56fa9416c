import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { blocksOf } from './markdown.ts'
import { readText, root } from './source-tree.ts'

const blocks = blocksOf(readText('README.md'))
const source = ['--conditions=@grapevine/source', '--disable-warning=ExperimentalWarning']
/** Set so that no process of a test can outlive it by much. */
const timeout = 300_000

/** What differs from run to run, by what stands for it. */
const varying: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{64}\b/g, 'ID'],
  [/\b[0-9a-f]{6}…[0-9a-f]{4}\b/g, 'ID'],
  [/…[1-9A-HJ-NP-Za-km-z]{6}\b/g, 'PEER'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'INSTANT'],
  [/(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+/g, 'ADDRESS'],
  [/\+?\d+(\.\d+)? m?s\b/g, 'TIME'],
  [/process \d+/g, 'PROCESS'],
  [/\d+ keys? there/g, 'KEYS'],
  [/\(\d+ peers?\)/g, '(PEERS)'],
  [/ +/g, ' '],
]

/**
 * What is known a moment later: who asks soon does not see it yet. And whether a watch ends before it has seen all, and a peer's
 * store gives what is just on its way.
 */
const soon =
  /^(held by PEER|in the outbox: no peer is known to hold it yet|watching; KEYS|TIME fetched from the store of PEER|TIME ignore duplicate .*)$/

/** Sorted, because a listener in the background speaks when it likes. */
const shapeOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => varying.reduce((shape, [what, name]) => shape.replaceAll(what, name), line.trim()))
    .filter((line) => line !== '' && !soon.test(line))
    .toSorted()

let directory = ''
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'grapevine-readme-')))
})
afterEach(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))

describe("the README's first five minutes", () => {
  const steps = blocks.filter(({ heading }) => heading === 'Two commands' || heading === 'The first five minutes')
  const shell = (script: string) =>
    execa('bash', ['-c', script], {
      cwd: directory,
      env: { HOME: directory },
      extendEnv: true,
      all: true,
      timeout,
      reject: false,
    })

  beforeEach(async () => {
    const main = join(root, 'packages/cli/src/main.ts')
    const command = [process.execPath, ...source, main].map((word) => `'${word}'`).join(' ')
    writeFileSync(join(directory, 'grapevine'), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 })
    for (const home of ['.grapevine', '.grapevine-b', '.grapevine-c']) await listenOnLoopback(join(directory, home))
  })
  afterEach(async () => {
    await shell('for home in "" -b -c; do ./grapevine --home "$HOME/.grapevine$home" down; done')
  })

  test('print what it says they print', { timeout }, async () => {
    const scripts = steps.filter(({ language }) => language === 'sh')
    const { all, timedOut } = await shell(scripts.map(({ text }) => `${text}\necho @@@`).join('\n'))
    expect(timedOut).toBe(false)
    const printed = all.split('@@@\n')
    const promised = steps.flatMap(({ language }, index) =>
      language === 'sh' ? [steps[index + 1]?.language === 'text' ? steps[index + 1]!.text : undefined] : [],
    )
    expect(promised.filter((text) => text !== undefined).length).toBeGreaterThan(4)
    for (const [index, text] of promised.entries()) {
      if (text !== undefined) expect(shapeOf(printed[index] ?? '')).toEqual(shapeOf(text))
    }
    expect(all).toContain(': 1 peer (')
    expect(printed.at(-1)?.match(/stopped \(process \d+\)/g)).toHaveLength(3)
  })
})

describe("the README's library example", () => {
  const [example] = blocks.filter(({ language }) => language === 'ts')

  beforeEach(async () => {
    symlinkSync(join(root, 'test/node_modules'), join(directory, 'node_modules'))
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
    writeFileSync(join(directory, 'example.ts'), example!.text)
    await listenOnLoopback(join(directory, 'alice'))
  })

  test('runs as it stands', { timeout }, async () => {
    const options = { cwd: directory, env: { HOME: directory }, timeout }
    const { stdout } = await execa(process.execPath, [...source, 'example.ts'], options)
    expect(stdout).toBe('HELLO 3 steps')
  })

  test(
    'runs with a Standard Schema in the place of text, which refuses what does not follow it',
    { timeout },
    async () => {
      const text = replaced(withSchema(example!.text), "publish('hello')", 'publish({ celsius: 20 })')
      const refused = `node.topic(chat).publish({} as never).catch((error) => console.log(error.code))\nawait node.stop()`
      writeFileSync(join(directory, 'schema.ts'), replaced(text, 'await node.stop()', `await ${refused}`))
      const options = { cwd: directory, env: { HOME: directory }, timeout }
      const { stdout } = await execa(process.execPath, [...source, 'schema.ts'], options)
      expect(stdout).toBe('20 3 steps\nbad-schema')
    },
  )

  test('has the types that it needs, and no value of another type gets in', { timeout }, async () => {
    writeFileSync(join(directory, 'wrong.ts'), replaced(example!.text, "publish('hello')", 'publish(42)'))
    const schema = replaced(withSchema(example!.text), "publish('hello')", 'publish({ celsius: 20 })')
    writeFileSync(join(directory, 'schema.ts'), schema)
    writeFileSync(join(directory, 'wrong-schema.ts'), replaced(schema, 'celsius: 20', "celsius: 'hot'"))
    const compilerOptions = {
      noEmit: true,
      composite: false,
      declarationMap: false,
      sourceMap: false,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      isolatedDeclarations: false,
      typeRoots: [join(root, 'node_modules/@types')],
    }
    const files = ['example.ts', 'wrong.ts', 'schema.ts', 'wrong-schema.ts']
    const options = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files }
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(options))
    const tsc = join(root, 'node_modules/.bin/tsc')
    const { stdout } = await execa(tsc, ['-p', directory], { timeout, reject: false })
    const faults = [...stdout.matchAll(/^\S*?([\w-]+)\.ts\(.*(TS\d+)/gm)].map(([, file, code]) => `${file} ${code}`)
    expect(faults.toSorted()).toEqual(['wrong TS2345', 'wrong-schema TS2322'])
  })
})

/** The example with a schema of the standard that zod and others follow, written by hand. */
function withSchema(text: string): string {
  const schema = `{
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: (value: unknown): { value: { celsius: number } } | { issues: { message: string }[] } =>
        typeof value === 'object' && value !== null && 'celsius' in value && typeof value.celsius === 'number'
          ? { value: { celsius: value.celsius } }
          : { issues: [{ message: 'no celsius' }] },
    },
  }`
  const rule = /validate: .*,$/m.exec(text)?.[0] ?? ''
  const withRule = replaced(text, rule, "validate: ({ value }) => (value.celsius < 500 ? 'accept' : 'reject'),")
  return replaced(
    replaced(withRule, "payload: 'text'", `payload: ${schema}`),
    'message.value.toUpperCase()',
    'message.value.celsius',
  )
}

function replaced(text: string, what: string, by: string): string {
  expect(text).toContain(what)
  return text.replace(what, () => by)
}

/** Makes a home whose node listens on loopback only: the README's nodes listen on every address. */
async function listenOnLoopback(home: string): Promise<void> {
  const port = await freePort()
  mkdirSync(home, { mode: 0o700 })
  writeFileSync(join(home, 'node.json'), JSON.stringify({ port, listen: [`/ip4/127.0.0.1/tcp/${port}`] }), {
    mode: 0o600,
  })
}

function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number }
    server.close(() => resolve(port))
  })
  return promise
}
