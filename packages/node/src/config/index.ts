/**
 * The options of a node: what they are, what they are set to, and by whom.
 *
 * @example
 * ```ts
 * import { loadConfig, writeOption } from '@grapevine/node/config'
 * writeOption(home, 'log.level', 'debug')
 * loadConfig(home, { env: process.env }).origins['log.level'] // 'file'
 * ```
 */
export { configFile, readConfig, writeOption } from './file.ts'
export { loadConfig, type LoadedConfig, type Origin } from './load.ts'
export {
  optionNames,
  options,
  variableOf,
  type Config,
  type Option,
  type OptionName,
  type OptionType,
} from './option.ts'
export { expectation, formatValue, optionName, parseValue } from './value.ts'
