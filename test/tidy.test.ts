import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Manifest, projectFiles, readManifest, readSource, readText, root } from './source-tree.ts'

/** Most lines of a source file. A longer one has more than one subject. */
const linesMax = 300

/** Which workspace packages each folder may import; `test` and `scripts` are outside of the packages. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'packages/protocol': [],
  'packages/sim': ['protocol'],
  'packages/node': ['protocol'],
  'packages/dashboard': ['protocol'],
  'packages/cli': ['protocol', 'sim', 'node', 'dashboard'],
  examples: ['node'],
  scripts: ['protocol', 'sim', 'node', 'cli'],
  test: ['protocol', 'sim', 'node', 'cli', 'dashboard', 'scripts'],
}

/** Clocks, randomness and the outside world: arguments in protocol and sim, so that a seed repeats a run. */
const ambient = new Set(
  `Date performance Temporal Math.random crypto randomBytes randomUUID setTimeout setInterval setImmediate
  queueMicrotask requestAnimationFrame process Buffer fetch globalThis global window navigator console require
  WebSocket Worker Atomics SharedArrayBuffer WeakRef FinalizationRegistry`.split(/\s+/),
)

const files = projectFiles()
const sources = files.filter((path) => /\.(ts|mjs|js)$/.test(path)).map(readSource)
const folders = Object.keys(allowed).filter((folder) => files.includes(`${folder}/package.json`))
const folderOf = (path: string): string => folders.find((folder) => path.startsWith(`${folder}/`)) ?? '.'
const isTest = (path: string): boolean => /(^|\/)test\/|\.test\.ts$/.test(path)
const isGenerated = (path: string): boolean => /^packages\/[^/]+\/gen\//.test(path)
const dependencies = (manifest: Manifest): [name: string, spec: string][] =>
  [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap((of) =>
    Object.entries(of ?? {}),
  )

describe('imports', () => {
  test('run from protocol to sim and node, from those to cli, and from all to test', () => {
    const wrong = sources.flatMap(({ path, imports, mentions }) => {
      const folder = folderOf(path)
      const may = [...(allowed[folder] ?? []), ...(isTest(path) ? [folder.slice('packages/'.length)] : [])]
      const packages = imports.flatMap((name) => /^@grapevine\/([^/]+)/.exec(name)?.[1] ?? [])
      // A build's settings name files; they do not import them.
      const outside = path.endsWith('.config.ts')
        ? []
        : mentions.filter((to) => folder.startsWith('packages/') && folderOf(to) !== folder)
      return [...packages.filter((name) => !may.includes(name)), ...outside].map((name) => `${path} imports ${name}`)
    })
    expect(wrong).toEqual([])
  })

  test('are the only workspace dependencies that a package.json states', () => {
    const wrong = folders.flatMap((folder) =>
      dependencies(readManifest(folder))
        .map(([name]) => name)
        .filter(
          (name) => name.startsWith('@grapevine/') && !allowed[folder]?.includes(name.slice('@grapevine/'.length)),
        )
        .map((name) => `${folder} depends on ${name}`),
    )
    expect(wrong).toEqual([])
  })
})

test('protocol and sim read no clock, no randomness and nothing else of the outside world', () => {
  const pure = sources.filter(({ path }) => /^packages\/(protocol|sim)\/src\//.test(path))
  const wrong = pure.flatMap(({ path, globals, imports }) => [
    ...globals.filter((name) => ambient.has(name)).map((name) => `${path} uses ${name}`),
    ...imports.filter((name) => name.startsWith('node:')).map((name) => `${path} imports ${name}`),
    ...(/\bMath\s*(\.\s*random|\[)/.test(readText(path)) ? [`${path} uses Math.random`] : []),
  ])
  expect(wrong).toEqual([])
})

test(`source files have at most ${linesMax} lines`, () => {
  const lines = (path: string): number => readText(path).split('\n').length - 1
  const long = sources.filter(({ path }) => !isGenerated(path) && lines(path) > linesMax)
  expect(long.map(({ path }) => `${path}: ${lines(path)} lines`)).toEqual([])
})

test('every source file is reached from an entry point', () => {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const scripts = Object.values(readManifest('.').scripts ?? {}).join(' ')
  const exported = new Map(
    folders.flatMap((folder) => {
      const { name, exports = {} } = readManifest(folder)
      return Object.entries(exports).map(([at, to]) => [join(name, at), join(folder, to['@grapevine/source'] ?? '')])
    }),
  )
  // Scripts at the top of scripts/ are run by hand, examples too; and relays by the program.
  const isEntry = (path: string): boolean =>
    /\.(test|bench|config)\.ts$|^packages\/cli\/src\/main\.ts$|^(scripts|examples)\/[^/]+$|^scripts\/relay\/[^/]+\/relay\.ts$/.test(
      path,
    ) || scripts.includes(path)
  const reachedFrom = (entries: readonly string[]): ReadonlySet<string> => {
    const reached = new Set(entries)
    for (const path of reached) {
      const { mentions = [], imports = [] } = byPath.get(path) ?? {}
      const next = [...mentions, ...imports.map((name) => exported.get(name) ?? '')]
      for (const to of next) if (byPath.has(to)) reached.add(to)
    }
    return reached
  }
  const entries = [...exported.values(), ...[...byPath.keys()].filter(isEntry)]
  const [byAny, byProduct] = [reachedFrom(entries), reachedFrom(entries.filter((path) => !isTest(path)))]
  // What only a test uses is no part of a package's source.
  const orphans = [...byPath.keys()].filter((path) => !(path.includes('/src/') ? byProduct : byAny).has(path))
  expect(orphans.filter((path) => !isGenerated(path))).toEqual([])
})

describe('dependencies', () => {
  const exact = /^\d+\.\d+\.\d+(-[\w.]+)?$/
  const workspace = readText('pnpm-workspace.yaml')
  const section = (name: string): [key: string, value: string][] => {
    const [, block = ''] = new RegExp(`^${name}:\\n((?: +.*\\n)*)`, 'm').exec(workspace) ?? []
    return [...block.matchAll(/^ +'?([^':]+)'?: *(.+)$/gm)].map(([, key = '', value = '']) => [key, value])
  }

  test('come from the catalog, which names one exact version each', () => {
    expect(section('catalog').length).toBeGreaterThan(10)
    expect(section('catalog').filter(([, version]) => !exact.test(version))).toEqual([])
    const specs = ['.', ...folders].flatMap((folder) => dependencies(readManifest(folder)))
    const wrong = specs.filter(([name, spec]) => spec !== (name.startsWith('@grapevine/') ? 'workspace:*' : 'catalog:'))
    expect(wrong).toEqual([])
    expect(dependencies(readManifest('toolchain')).filter(([, version]) => !exact.test(version))).toEqual([])
  })

  test('run no script when they are installed', () => {
    expect(section('allowBuilds').filter(([, decision]) => decision !== 'false')).toEqual([])
    expect(readText('scripts/up.mjs')).toContain("'--ignore-scripts'")
  })

  test('are locked by hash, without the address of a registry', () => {
    for (const lock of ['pnpm-lock.yaml', 'toolchain/package-lock.json']) {
      expect(readText(lock)).toContain('sha512-')
      expect(readText(lock)).not.toMatch(/https?:|tarball:|"resolved"/)
    }
  })
})

test('no file names a path of the machine it was written on, or its registry', () => {
  const registry = process.env['npm_config_registry'] ?? ''
  const host = URL.canParse(registry) ? new URL(registry).host : ''
  const words = [root.slice(0, -1), homedir(), host].filter((word) => word.length > 4 && word !== 'registry.npmjs.org')
  const wrong = files.flatMap((path) =>
    words
      .filter((word) => new RegExp(`${RegExp.escape(word)}(?![\\w-])`).test(readText(path)))
      .map((word) => `${path}: ${word}`),
  )
  expect(wrong).toEqual([])
})
