import { readFileSync } from 'node:fs'
import { defineConfig, type OutputOptions, type Plugin, type RolldownOptions } from 'rolldown'

// The launcher takes the PATH's Node unseen where toolchain/ has none.
const refuseOldNode = `if (Number.parseInt(process.versions.node) < 24) {
  console.error('grapevine needs Node 24 or newer, and the PATH has ' + process.versions.node + ': run npm start once, it fetches one')
  process.exit(1)
}`

/**
 * Takes Node's own modules from `process.getBuiltinModule`. To import one reads all its exports, and
 * some of those are getters that load more: node:process opens the standard streams, node:fs and
 * node:util load parts that hardly anybody uses. That was half of the 20 ms that `grapevine --help`
 * took on top of Node (scripts/start-time.ts).
 */
const directBuiltins: Plugin = {
  name: 'direct-builtins',
  renderChunk: (code) =>
    code.replace(/^import (.+) from "(node:[\w/]+)";$/gm, (_, clause: string, name: string) =>
      clause
        .split(/, (?=[{*])/)
        .map((part) => part.replace(/^\* as /, '').replace(/ as /g, ': '))
        .map((target) => `const ${target} = globalThis.process.getBuiltinModule("${name}");`)
        .join(' '),
    ),
}

/** commander wants node:child_process for subcommands that are programs of their own. We have none, and it takes 3 ms. */
const lazyChildProcess: Plugin = {
  name: 'lazy-child-process',
  transform: {
    filter: { id: /commander\/lib\/command\.js$/ },
    handler: (code) =>
      code
        .replace(/^import childProcess from 'node:child_process';$/m, '')
        .replaceAll('childProcess.', "globalThis.process.getBuiltinModule('node:child_process')."),
  },
}

/** The middle of a lab of real processes, which node's lab/lab.ts starts by this name. */
const labHub: Plugin = {
  name: 'lab-hub',
  generateBundle() {
    const source = readFileSync(new URL('../node/src/lab/hub.py', import.meta.url))
    this.emitFile({ type: 'asset', fileName: 'hub.py', source })
  },
}

const common = {
  platform: 'node',
  external: ['sodium-native'],
  resolve: { conditionNames: ['@grapevine/source', 'node', 'import'] },
  plugins: [lazyChildProcess, directBuiltins],
} satisfies RolldownOptions

const output = { dir: 'dist/bundle', format: 'esm', minify: 'dce-only', comments: false } satisfies OutputOptions

/**
 * The command line as one program: `main.js`, a chunk `base` with all that every command needs (a
 * file costs half a millisecond), and one for each dynamic import, so that a command loads only what
 * it uses. main.ts stays out of `base`: it awaits a command, whose chunk imports `base`. Workspace
 * packages come from source; sodium-native has a native addon and is resolved at run time, from this
 * package's node_modules.
 */
const program: RolldownOptions = defineConfig({
  ...common,
  plugins: [...common.plugins, labHub],
  input: { main: 'src/main.ts' },
  output: {
    ...output,
    cleanDir: true,
    codeSplitting: { groups: [{ name: 'base', tags: ['$initial'], test: (id) => !id.endsWith('/src/main.ts') }] },
    intro: (chunk) => (chunk.name === 'base' ? refuseOldNode : ''),
    chunkFileNames: '[name]-[hash].js',
  },
})

/** The thread that verifies signatures, which node's verifier.ts starts by this name. On its own, or `base` would hold its parts. */
const verifyWorker: RolldownOptions = defineConfig({
  ...common,
  input: { 'verify-worker': '../node/src/verify/worker.ts' },
  output: { ...output, codeSplitting: false },
})

/** The thread that has the store's database, which node's store/worker-link.ts starts by this name. */
const storeWorker: RolldownOptions = defineConfig({
  ...common,
  input: { 'store-worker': '../node/src/store/worker.ts' },
  output: { ...output, codeSplitting: false },
})

/** What the scripts of relays may import where they have no packages of their own (src/relay/load.ts). */
const kit: RolldownOptions = defineConfig({
  ...common,
  input: {
    'kit/relay': '../node/src/relay/index.ts',
    'kit/client': '../node/src/control/client.ts',
    'kit/protocol': '../protocol/src/index.ts',
    'kit/chain': '../protocol/src/chain/index.ts',
    'kit/pool': '../protocol/src/pool/index.ts',
    'kit/request': '../protocol/src/request/index.ts',
  },
  output: { ...output, chunkFileNames: 'kit/[name]-[hash].js' },
})

export default [program, verifyWorker, storeWorker, kit]
