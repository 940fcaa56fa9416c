/** Text that is markup already. Everything else is escaped on its way into it. */
export interface Markup {
  readonly markup: string
}

/** What an element may hold; `undefined` and `false` are nothing. */
export type Child = Markup | string | undefined | false

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** Controls, of which XML forbids most, lone surrogates, and what turns the direction of the text around it. */
const forbidden = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]--[\t\n\u200c\u200d]]/gv

/** Text as it may stand in HTML, in XML, and in an attribute of either. */
export function escaped(text: string): string {
  return text.replace(forbidden, '\ufffd').replace(/[&<>"']/g, (character) => escapes[character]!)
}

/** Markup from text that this program wrote itself. */
export const raw = (markup: string): Markup => ({ markup })

/** An element; attributes that are undefined are left out, numbers are rounded to a hundredth. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  ...children: readonly Child[]
): Markup {
  const text = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escaped(value!)}"`)
    .join('')
  const inner = join(children).markup
  return { markup: inner === '' && !pairs.has(name) ? `<${name}${text}/>` : `<${name}${text}>${inner}</${name}>` }
}

/** Elements of HTML that need an end, even if there is nothing in them. */
const pairs = new Set([
  'div',
  'span',
  'td',
  'th',
  'p',
  'script',
  'section',
  'figure',
  'tbody',
  'ul',
  'dl',
  'dd',
  'dt',
  'code',
])

/** Several, one after the other. */
export function join(children: readonly Child[]): Markup {
  return {
    markup: children
      .map((child) =>
        child === undefined || child === false ? '' : typeof child === 'string' ? escaped(child) : child.markup,
      )
      .join(''),
  }
}

/** A coordinate: a hundredth of a pixel is enough. */
const short = (value: number): string => String(Math.round(value * 100) / 100)
