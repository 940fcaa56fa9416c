import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'

/** The project's own folder, with a slash at its end. */
export const root: string = fileURLToPath(new URL('..', import.meta.url))

/** Text of a file of the project, by its path from the root. */
export const readText = (path: string): string => readFileSync(join(root, path), 'utf8')

/** A package.json, as far as the tidy tests look at one. */
export interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** The manifest in a folder, by the folder's path from the root. */
export const readManifest = (folder: string): Manifest => JSON.parse(readText(join(folder, 'package.json'))) as Manifest

/** Paths from the root of all files that are, or would be, committed. Without git: all but what is built or installed. */
export function projectFiles(): string[] {
  if (existsSync(join(root, '.git'))) {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0')
    return listed.filter((path) => path !== '' && existsSync(join(root, path)))
  }
  const built = new Set(['node_modules', 'dist', '.git'])
  const entries = globSync('**/*', { cwd: root, withFileTypes: true, exclude: (entry) => built.has(entry.name) })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(root.length))
}

/** What a source file says of itself. */
export interface Source {
  /** From the root. */
  readonly path: string
  /** Module specifiers of static and dynamic imports and re-exports. */
  readonly imports: readonly string[]
  /** Source files that it names by relative path: imports, and URLs of workers and child processes. */
  readonly mentions: readonly string[]
  /** Names it uses and does not declare or import, at any depth; members and keys excluded. */
  readonly globals: readonly string[]
}

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value

const declaring = /^(VariableDeclarator|Import\w*Specifier|FunctionDeclaration|ClassDeclaration|TSTypeParameter)$/
const functions = /Function(Declaration|Expression)$|^TSFunctionType$|^TSMethodSignature$/

/** Parses a TypeScript or JavaScript file of the project. */
export function readSource(path: string): Source {
  const [imports, mentions] = [new Set<string>(), new Set<string>()]
  const [used, declared] = [new Set<string>(), new Set<string>()]

  const declare = (pattern: unknown): void => {
    if (Array.isArray(pattern)) pattern.forEach(declare)
    if (!isNode(pattern)) return
    if (pattern.type === 'Identifier') declared.add(String(pattern['name']))
    for (const part of ['elements', 'properties', 'value', 'left', 'argument']) declare(pattern[part])
  }

  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    if (!isNode(value)) return
    if (declaring.test(value.type)) declare(value['id'] ?? value['local'] ?? value['name'])
    if (functions.test(value.type)) declare(value['params'])
    if (value.type === 'CatchClause') declare(value['param'])
    if (value.type === 'Identifier') used.add(String(value['name']))
    if (/^(Import|Export)/.test(value.type) && isNode(value['source'])) imports.add(String(value['source']['value']))
    if (value.type === 'Literal' && typeof value['value'] === 'string' && /^\.\.?\/.*\.[tj]s$/.test(value['value'])) {
      mentions.add(normalize(join(dirname(path), value['value'])))
    }
    // `a.b` and `{ b: … }` do not use a variable b; `a[b]` and `{ [b]: … }` do.
    const named = value['computed'] !== true && value['shorthand'] !== true
    for (const [key, child] of Object.entries(value)) {
      if (!(named && (key === 'property' || key === 'key'))) visit(child)
    }
  }

  visit(parseAst(readText(path), { lang: path.endsWith('.ts') ? 'ts' : 'js' }))
  const globals = [...used].filter((name) => !declared.has(name))
  return { path, imports: [...imports], mentions: [...mentions], globals }
}
