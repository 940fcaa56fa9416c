/** Exports of a topic: NDJSON with all wire bytes, so that whoever reads them can check every signature. */
export { exportFault, type ExportCheck } from './check.ts'
export {
  exportLine,
  exportLineMax,
  exportVersion,
  readExportHeader,
  readExportLine,
  type ExportHeader,
  type ExportLine,
  type ExportMessage,
} from './line.ts'
