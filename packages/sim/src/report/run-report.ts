import { figure, scrolled, section, tableOf } from './figure.ts'
import { element, type Markup } from './markup.ts'
import { figureText, numberText } from './number-text.ts'
import type { Figure, RunOutcome } from './outcome.ts'
import { command, page, parameterList, svgFile, tiles } from './page.ts'
import { copiesPicture, curvePicture, regionPicture, tailPicture } from './run-picture.ts'
import { theoryTable } from './theory-table.ts'

/** What kinds of runs are called. */
export const kindNames: Readonly<Record<RunOutcome['kind'], string>> = {
  epidemic: 'Textbook epidemic',
  mesh: 'Mesh model of gossipsub',
  broadcast: 'Gossip Glomers',
  run: 'Real machines, virtual time',
  real: 'Real processes',
}

/** A page about a run. */
export function runReport(outcome: RunOutcome): string {
  const { kind, title, curve, latency, copies, regions, theory, parameters, counters, figures, timeUnit } = outcome
  const counted = { ...(outcome.bytes !== undefined && { bytes: outcome.bytes }), ...counters }
  const copied = copiesPicture(copies)
  const places = regions && regionPicture(regions)
  return page(
    { kicker: kindNames[kind], title, lead: leadOf(outcome) },
    outcome.problem !== undefined && problemOf(outcome.problem),
    tiles(
      figures.slice(0, 4).map(({ name, value, unit, spread }) => ({
        name,
        text: figureText(value, unit),
        note: spread && spreadText(spread, unit),
      })),
    ),
    curve && figure(curvePicture(curve, timeUnit)),
    latency && copied
      ? element('div', { class: 'two' }, figure(tailPicture(latency, timeUnit)), figure(copied))
      : latency && figure(tailPicture(latency, timeUnit, true)),
    !latency && copied && figure(copied),
    places && figure(places),
    theory.length > 0 && section('Beside theory', theoryTable(theory)),
    section('All figures', figuresTable(figures)),
    Object.keys(counted).length > 0 && section('Counters', parameterList(counted)),
    section('Parameters', parameterList(parameters)),
    section('Run it again', element('p', {}, againText(outcome)), command(outcome.command)),
  )
}

/** The main picture of a run alone, its curve; undefined if it has none. */
export function runSvg({ title, curve, timeUnit }: RunOutcome): string | undefined {
  if (curve === undefined) return undefined
  const { note, draw } = curvePicture(curve, timeUnit)
  return svgFile(title, note, draw('wide'))
}

/** What did not hold, so that nobody passes over it. */
export const problemOf = (problem: string): Markup =>
  element('p', { class: 'problem' }, element('strong', {}, '✗ '), problem)

/** What was run, in a sentence; of several runs, what they share. */
export function leadOf(...outcomes: readonly RunOutcome[]): string {
  const same = (field: 'nodes' | 'messages' | 'runs' | 'seed'): number | undefined => {
    const values = new Set(outcomes.map((run) => run[field]))
    return values.size === 1 ? [...values][0] : undefined
  }
  const count = (value: number | undefined, noun: string): string[] =>
    value === undefined ? [] : [`${value.toLocaleString('en')} ${noun}${value === 1 ? '' : 's'}`]
  const seed = same('seed')
  const facts = [
    ...count(same('nodes'), 'node'),
    ...count(same('messages'), 'message'),
    ...count(same('runs'), 'run'),
    ...(seed === undefined ? [] : [`seed\u00a0${seed}`]),
  ]
  return `${facts.join(', ')}.`
}

function againText({ trace, seed, kind }: RunOutcome): string {
  if (kind === 'real') return 'Real processes do not repeat exactly. This command runs them again:'
  const hash = trace === undefined ? '' : `, and the trace has the hash ${trace}`
  return `Seed ${seed} gives the same on every machine${hash}:`
}

function spreadText({ least, most }: NonNullable<Figure['spread']>, unit?: string): string {
  if (figureText(least, unit) === figureText(most, unit)) return 'in every run'
  // The unit once.
  const first = unit === undefined ? figureText(least) : figureText(least, unit).replace(/ \D+$/, '')
  return `${first} to ${figureText(most, unit)} in single runs`
}

/** All figures: those of several runs with how far single runs were apart. */
function figuresTable(figures: readonly Figure[]): Markup {
  if (!figures.some(({ spread }) => spread !== undefined))
    return parameterList(Object.fromEntries(figures.map(({ name, value, unit }) => [name, figureText(value, unit)])))
  return scrolled(
    'all figures',
    tableOf({
      heads: ['figure', 'mean', 'deviation', 'least', 'most'],
      rows: figures.map(({ name, value, unit, spread }) => [
        name,
        figureText(value, unit),
        ...(spread === undefined
          ? ['', '', '']
          : [numberText(spread.deviation), figureText(spread.least, unit), figureText(spread.most, unit)]),
      ]),
    }),
  )
}
