import type { Sample } from './soak-node.ts'

const size = { width: 900, height: 360, left: 60, right: 20, top: 40, bottom: 40 }
const colours = ['#1b6ca8', '#c8553d', '#3c8d5a', '#8b5fbf', '#b08900', '#4a4a4a', '#d17ab1', '#2aa6a6']

/** Resident memory of each process over time, as an SVG; the vertical axis starts at zero, so flat looks flat. */
export function plotSamples(nodes: readonly (readonly Sample[])[], title: string): string {
  const minutesMax = Math.max(1, ...nodes.flat().map(({ minute }) => minute))
  const megabytesMax = Math.ceil(Math.max(100, ...nodes.flat().map(({ memory }) => memory / 1e6)) / 50) * 50
  const x = (minute: number): number => size.left + (minute / minutesMax) * (size.width - size.left - size.right)
  const y = (megabytes: number): number =>
    size.height - size.bottom - (megabytes / megabytesMax) * (size.height - size.top - size.bottom)
  const lines = nodes.map((samples, index) => {
    const points = samples
      .map(({ minute, memory }) => `${x(minute).toFixed(1)},${y(memory / 1e6).toFixed(1)}`)
      .join(' ')
    return `<polyline points="${points}" fill="none" stroke="${colours[index % colours.length]}" stroke-width="1.5"/>`
  })
  const ticks = Array.from({ length: 6 }, (_, index) => index / 5)
  const grid = ticks.map((part) => {
    const megabytes = part * megabytesMax
    const minute = part * minutesMax
    return (
      `<line x1="${size.left}" x2="${size.width - size.right}" y1="${y(megabytes)}" y2="${y(megabytes)}" stroke="#ddd"/>` +
      `<text x="${size.left - 8}" y="${y(megabytes) + 4}" text-anchor="end">${megabytes.toFixed(0)} MB</text>` +
      `<text x="${x(minute)}" y="${size.height - size.bottom + 18}" text-anchor="middle">${minute.toFixed(0)} min</text>`
    )
  })
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">` +
    `<rect width="100%" height="100%" fill="#fff"/><text x="${size.left}" y="22" font-size="14">${title}</text>` +
    `${grid.join('')}${lines.join('')}</svg>\n`
  )
}
