import { expectation, optionNames, options, variableOf, type OptionName } from '@grapevine/node/config'

/** docs/configuration.md, from the table of options. */
export function configurationPage(): string {
  return [intro, overview(), ...optionNames.map(section)].join('\n')
}

const intro = `<!-- Made by scripts/configuration.ts from packages/node/src/config/option.ts: change it there. -->
# Configuration

A node runs well without any of this. Each option can be set in four places; the first that has it wins:

1. a flag of \`grapevine up\`, for one run;
2. a variable of the environment: the name in capitals with \`GRAPEVINE_\` before it;
3. \`config.toml\` in the home, by hand or with \`grapevine config set\`;
4. the default.

\`grapevine config ls\` shows every value and where it comes from. Changes take effect at the next start. A name or value
that is wrong keeps the node from starting, with exit code 78 and a line that says what was expected.

\`\`\`toml
# ~/.grapevine/config.toml
log.level = "debug"
listen = ["/ip4/192.168.1.5/tcp/4100"]

[connections]
max = 100
\`\`\`

In a program: \`createNode({ home, config: { 'log.level': 'debug' } })\`, which counts as a flag; a program's environment is
not read.
`

function overview(): string {
  const rows = optionNames.map(
    (name) => `| [\`${name}\`](#${anchor(name)}) | ${defaultOf(name)} | ${options[name].does} |`,
  )
  return ['| option | default | what it does |', '|---|---|---|', ...rows, ''].join('\n')
}

/** As GitHub makes it from a heading. */
const anchor = (name: string): string => name.toLowerCase().replaceAll('.', '')

function defaultOf(name: OptionName): string {
  const { default: value, defaultMeans } = options[name]
  return defaultMeans ?? `\`${String(value)}\``
}

function section(name: OptionName): string {
  const { type, does, raising, source, flag } = options[name]
  return `## ${name}

${does}

- Takes ${expectation(type)}.
- Default: ${defaultOf(name)}. ${source}
- ${raising}
- Environment: \`${variableOf(name)}\`${flag === undefined ? '' : `; flag: \`${flag}\``}
`
}
