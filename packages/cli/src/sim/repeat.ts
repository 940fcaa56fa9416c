/** Options that say where a result goes, and not what it is; with a value, those of the second list. */
const flags = new Set(['--json'])
const withValue = new Set(['--out', '--report', '--home', '--node'])

/** The command line that repeats this run: without where its results go, and with its seed. */
export function repeatCommand(seed: number, args: readonly string[] = process.argv.slice(2)): string {
  const kept: string[] = []
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!
    const [name = ''] = arg.split('=')
    if (flags.has(arg)) continue
    if (withValue.has(name)) {
      if (name === arg) index++
    } else kept.push(arg)
  }
  const hasSeed = kept.some((arg) => arg === '--seed' || arg.startsWith('--seed='))
  return ['grapevine', ...kept.map(quoted), ...(hasSeed ? [] : ['--seed', String(seed)])].join(' ')
}

/** A word as a POSIX shell takes it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
