import { defineConfig, type Plugin, type RolldownOptions } from 'rolldown'

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

/**
 * The command line as one program: `main.js`, a chunk `base` with all that every command needs (a
 * file costs half a millisecond), and one for each dynamic import, so that a command loads only what
 * it uses. main.ts stays out of `base`: it awaits a command, whose chunk imports `base`. Workspace packages come from source; sodium-native has a native addon and is resolved at
 * run time, from this package's node_modules.
 */
const config: RolldownOptions = defineConfig({
  input: { main: 'src/main.ts' },
  platform: 'node',
  external: ['sodium-native'],
  resolve: { conditionNames: ['@grapevine/source', 'node', 'import'] },
  plugins: [lazyChildProcess, directBuiltins],
  output: {
    dir: 'dist/bundle',
    format: 'esm',
    cleanDir: true,
    minify: 'dce-only',
    comments: false,
    codeSplitting: { groups: [{ name: 'base', tags: ['$initial'], test: (id) => !id.endsWith('/src/main.ts') }] },
    intro: (chunk) => (chunk.name === 'base' ? refuseOldNode : ''),
    chunkFileNames: '[name]-[hash].js',
  },
})

export default config
