import { sha256 } from '@grapevine/protocol'
import { unbroken } from './figure.ts'
import { hoverScript } from './hover.ts'
import { fitted, linesOf, sizes, svgOf } from './frame.ts'
import { element, escaped, raw, type Child, type Markup } from './markup.ts'
import { chartStyle, colours, pageStyle } from './theme.ts'

/** What stands at the top of a page. */
export interface PageHead {
  readonly kicker: string
  readonly title: string
  readonly lead: string
}

/**
 * A whole page in one text, that asks nobody for anything: its policy lets it load nothing, and run nothing but its own script.
 * The same content makes the same text.
 */
export function page({ kicker, title, lead }: PageHead, ...children: readonly Child[]): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${base64(sha256(utf8(hoverScript)))}'`
  const body = element(
    'main',
    {},
    element(
      'header',
      {},
      element('p', { class: 'kicker' }, kicker),
      element('h1', {}, title),
      element('p', { class: 'lead' }, lead),
    ),
    ...children,
    element('footer', {}, 'Made by grapevine sim. This page is whole: it loads nothing.'),
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
${colours}
${pageStyle}
${chartStyle}
</style>
</head>
<body>
${body.markup}
<div id="tip" hidden></div>
<script>${hoverScript}</script>
</body>
</html>
`
}

/** A chart as a file of its own, with its title and how to read it above it. */
export function svgFile(title: string, note: string, chart: Markup): string {
  const { width, height } = sizes.wide
  // Without what is there to be pointed at: there is no script.
  const inner = chart.markup
    .slice(chart.markup.indexOf('>') + 1, chart.markup.lastIndexOf('</svg>'))
    .replaceAll(/<g data-tip="[^"]*"><rect class="hit"[^>]*\/><line class="cross"[^>]*\/><\/g>/g, '')
  const { font } = sizes.wide
  const lines = linesOf(note, { width, font, most: 3 })
  const [left, top] = [24, 58 + lines.length * 20]
  const text = fitted(title, width, 20)
  const file = svgOf(
    { size: 'wide', width: width + 2 * left, height: height + top + 20, font },
    title,
    element('title', {}, title),
    raw(`<style>${colours}\nsvg{background:var(--card)}\n${chartStyle}</style>`),
    element('text', { class: 'strong', x: left, y: 38, style: 'font-size:20px' }, text),
    ...lines.map((line, row) => element('text', { x: left, y: 62 + row * 20 }, line)),
    element('g', { transform: `translate(${left} ${top})` }, raw(inner)),
  )
  return `${file.markup}\n`
}

/** Figures in large letters. */
export function tiles(
  figures: readonly { readonly name: string; readonly text: string; readonly note?: string | undefined }[],
): Markup {
  return element(
    'dl',
    { class: 'tiles' },
    ...figures.map(({ name, text, note }) =>
      element(
        'div',
        { class: 'tile' },
        element('dt', {}, name),
        element(
          'dd',
          { class: text.length > 8 ? 'long' : undefined },
          unbroken(text),
          note !== undefined && element('small', {}, note),
        ),
      ),
    ),
  )
}

/** Longest text that stands beside its name; a longer one has lines of its own. */
const besideMax = 24

/** Parameters by name. */
export function parameterList(parameters: Readonly<Record<string, string | number | boolean>>): Markup {
  const rows = Object.entries(parameters).map(([name, value]) => {
    const text = parameterText(value)
    const isLong = text.length > besideMax
    return element(
      'div',
      { class: isLong ? 'tall' : undefined },
      element('dt', {}, name),
      element('dd', {}, unbroken(text)),
    )
  })
  return element('dl', { class: 'parameters' }, ...rows)
}

/** A parameter as people read it. */
export function parameterText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 12 }) : value
}

/** A command to be copied. */
export const command = (text: string): Markup => element('pre', {}, element('code', {}, text))

/** The script and its hash are ASCII. */
const utf8 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const word = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    const letters = [18, 12, 6, 0].map((shift) => digits[(word >> shift) & 63]!)
    text += letters
      .slice(0, Math.min(4, bytes.length - at + 1))
      .join('')
      .padEnd(4, '=')
  }
  return text
}
