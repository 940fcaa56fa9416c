/** A fenced block of a Markdown file. */
export interface Block {
  /** What stands after the fence: `sh`, `text`, `ts`, … or nothing. */
  readonly language: string
  readonly text: string
  /** Heading that it stands under. */
  readonly heading: string
}

/** The fenced blocks of a Markdown text, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let heading = ''
  let open: { language: string; lines: string[] } | undefined
  for (const line of markdown.split('\n')) {
    const fence = /^```(.*)$/.exec(line)
    if (open === undefined) {
      heading = /^#+ +(.*)$/.exec(line)?.[1] ?? heading
      if (fence !== null) open = { language: fence[1]!.trim(), lines: [] }
    } else if (fence === null) {
      open.lines.push(line)
    } else {
      blocks.push({ language: open.language, text: open.lines.join('\n'), heading })
      open = undefined
    }
  }
  return blocks
}

/** A Markdown text without its fenced blocks. */
export const proseOf = (markdown: string): string => markdown.replaceAll(/^```[^]*?^```$/gm, '')

/** Cells of the table whose first column has this title; rows without the head, text without surrounding backticks. */
export function tableOf(markdown: string, title: string): string[][] {
  const lines = proseOf(markdown).split('\n')
  const start = lines.findIndex((line) => cellsOf(line)[0] === title)
  if (start < 0) throw new Error(`no table begins with a column "${title}"`)
  const rows: string[][] = []
  for (let i = start + 2; lines[i]?.startsWith('|'); i++) rows.push(cellsOf(lines[i]!))
  return rows
}

const cellsOf = (line: string): string[] =>
  line.startsWith('|')
    ? line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'))
    : []
