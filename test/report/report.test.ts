import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findProgram } from '../debian-program.ts'
import { root } from '../source-tree.ts'
import { Browser, type LoadedPage, type View } from './browser.ts'

const libraries = `libasyncns0 libdouble-conversion3 libflac12 libharfbuzz-subset0 libminizip1 libmp3lame0 libmpg123-0
  libogg0 libopenh264-7 libopenjp2-7 libopus0 libpulse0 libsndfile1 libvorbis0a libvorbisenc2 libxnvctrl0`.split(/\s+/)
const chromium = await findProgram({
  name: 'chromium',
  probe: ['--version'],
  packages: ['chromium', 'chromium-common', ...libraries],
  path: 'usr/lib/chromium/chromium',
  cache: fileURLToPath(new URL('dist/chromium', import.meta.url)),
})
const why = 'missing' in chromium ? `: skipped, ${chromium.missing}` : ''

/** Pages of all kinds, small; names of what a stranger could have put into a file. */
const hostile = '</title><script>document.title="taken"</script><img src=x onerror=alert(1)>'
const commands: Readonly<Record<string, readonly string[]>> = {
  mesh: ['mesh', '--nodes', '120', '--latency', 'world', '--messages', '30'],
  lossy: ['mesh', '--nodes', '100', '--latency', '20..300', '--loss', '0.4', '--d', '4', '--gossip-factor', '0'],
  epidemic: ['epidemic', '--nodes', '500', '--runs', '50'],
  rumor: ['epidemic', 'rumor', '--k', '1', '--runs', '50'],
  swim: ['epidemic', 'swim', '--nodes', '50'],
  broadcast: ['broadcast', '--seconds', '5'],
  scenario: ['run', join(root, 'examples/scenarios/eight-regions.json'), '--nodes', '20', '--set', 'durationMs=10000'],
  sweep: ['mesh', '--nodes', '100', '--latency', '40..130', '--sweep', 'd=3..10'],
}
const views: readonly View[] = [
  { width: 1100, height: 900, colours: 'light' },
  { width: 390, height: 800, colours: 'dark' },
]

describe.skipIf('missing' in chromium)(`a report in Chromium${why}`, () => {
  let folder = ''
  let browser: Browser
  const run = (...args: readonly string[]) => execa(join(root, 'grapevine'), ['sim', ...args], { cwd: folder })
  const urlOf = (file: string): string => pathToFileURL(join(folder, file)).href

  beforeAll(async () => {
    if ('missing' in chromium) return
    folder = mkdtempSync(join(tmpdir(), 'grapevine-report-'))
    for (const [name, args] of Object.entries(commands))
      await run(...args, '--report', `${name}.html`, '--out', `${name}.json`)
    await run('mesh', '--nodes', '120', '--latency', 'world', '--report', 'mesh.svg')
    await run('compare', 'mesh.json', 'lossy.json', '--report', 'compare.html')
    browser = await Browser.start(chromium)
  }, 400_000)
  afterAll(async () => {
    await browser?.stop()
    if (folder !== '') rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  describe.each([...Object.keys(commands), 'compare'])('of %s', (name) => {
    test.each(views)(
      'at $width pixels, $colours, has no fault, asks for nothing, and every text has its place',
      async (view) => {
        const page = await browser.load(urlOf(`${name}.html`), view)
        expect(page.faults).toEqual([])
        expect(page.requests).toEqual([urlOf(`${name}.html`)])
        const { charts, clashes, outside, small, overflow } = await layoutOf(page)
        expect(charts).toBeGreaterThanOrEqual(name === 'swim' ? 0 : 2)
        expect({ clashes, outside, small, overflow }).toEqual({ clashes: [], outside: [], small: [], overflow: 0 })
      },
      120_000,
    )
  })

  test('that is a picture alone stands in a browser as well', async () => {
    const page = await browser.load(urlOf('mesh.svg'), views[1]!)
    expect(page.faults).toEqual([])
    expect(
      await page.evaluate('document.documentElement.tagName + " " + document.querySelectorAll("path").length'),
    ).toBe('svg 2')
  }, 120_000)

  test('shows what is pointed at, and its figures below each picture', async () => {
    const page = await browser.load(urlOf('mesh.html'), views[0]!)
    const [x, y] = (await page.evaluate(`(() => {
      const { left, top, width, height } = [...document.querySelectorAll('svg.chart')]
        .find((chart) => chart.getBoundingClientRect().width > 0).getBoundingClientRect()
      return [left + width / 2, top + height / 2]
    })()`)) as [number, number]
    await page.point(x, y)
    expect(await page.evaluate('document.getElementById("tip").textContent')).toMatch(/^after [\d.,]+ ms\n[\d.]+ %$/)
    expect(
      await page.evaluate(
        'document.querySelectorAll("figure").length === document.querySelectorAll("figure details table").length',
      ),
    ).toBe(true)
    const picture = await page.screenshot()
    expect(picture.subarray(1, 4).toString()).toBe('PNG')
  }, 120_000)

  test('runs nothing that a name in a file brings along', async () => {
    const outcome = JSON.parse(readFileSync(join(folder, 'mesh.json'), 'utf8')) as Record<string, unknown>
    const names = {
      title: hostile,
      figures: [{ name: hostile, value: 1, unit: '<b>' }],
      parameters: { [hostile]: hostile },
      command: hostile,
    }
    writeFileSync(join(folder, 'a.json'), JSON.stringify({ ...outcome, ...names }))
    await run('compare', 'a.json', 'mesh.json', '--report', 'hostile.html')
    const page = await browser.load(urlOf('hostile.html'), views[0]!)
    expect(page.faults).toEqual([])
    expect(page.requests).toHaveLength(1)
    expect(await page.evaluate('document.body.textContent')).toContain(hostile)
    expect(await page.evaluate('document.title')).not.toBe('taken')
    expect(await page.evaluate('document.querySelectorAll("main script, main img, main b").length')).toBe(0)
  }, 120_000)
})

interface Layout {
  /** Charts that are shown. */
  readonly charts: number
  /** Texts of one chart that lie on each other. */
  readonly clashes: readonly string[]
  /** Texts that reach out of their chart. */
  readonly outside: readonly string[]
  /** Texts that are too small to read. */
  readonly small: readonly string[]
  /** How much wider than the window the page is. */
  readonly overflow: number
}

const layoutOf = (page: LoadedPage): Promise<Layout> =>
  page.evaluate(`(() => {
    const charts = [...document.querySelectorAll('svg.chart')].filter((chart) => chart.getBoundingClientRect().width > 0)
    const [clashes, outside, small] = [[], [], []]
    for (const chart of charts) {
      const frame = chart.getBoundingClientRect()
      const boxes = [...chart.querySelectorAll('text')].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
      for (const [index, { text, box }] of boxes.entries()) {
        if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 2 || box.bottom > frame.bottom + 4) outside.push(text)
        if (box.height < 10) small.push(text)
        for (const other of boxes.slice(index + 1)) {
          const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left)
          const tall = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top)
          if (wide > 1 && tall > 4) clashes.push(text + ' | ' + other.text)
        }
      }
    }
    return { charts: charts.length, clashes, outside, small, overflow: Math.max(0, document.documentElement.scrollWidth - innerWidth) }
  })()`) as Promise<Layout>
