import { defineConfig, type RolldownOptions } from 'rolldown'

// The launcher takes the PATH's Node unseen where toolchain/ has none.
const refuseOldNode = `if (Number.parseInt(process.versions.node) < 24) {
  console.error('grapevine needs Node 24 or newer, and the PATH has ' + process.versions.node + ': run npm start once, it fetches one')
  process.exit(1)
}`

/**
 * The command line as one program: `main.js` and a chunk for each dynamic import, so that a command
 * loads only what it uses. Workspace packages come from source; sodium-native has a native addon and
 * is resolved at run time, from this package's node_modules.
 */
const config: RolldownOptions = defineConfig({
  input: { main: 'src/main.ts' },
  platform: 'node',
  external: ['sodium-native'],
  resolve: { conditionNames: ['@grapevine/source', 'node', 'import'] },
  output: {
    dir: 'dist/bundle',
    format: 'esm',
    cleanDir: true,
    minify: 'dce-only',
    intro: (chunk) => (chunk.isEntry ? refuseOldNode : ''),
    chunkFileNames: '[name]-[hash].js',
  },
})

export default config
