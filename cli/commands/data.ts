import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { dataAddCommand } from './data-add.ts'
import { dataBuildCommands } from './data-build.ts'
import { dataConvertCommand } from './data-convert.ts'
import { dataDiffCommand } from './data-diff.ts'
import { dataListCommands } from './data-lists.ts'
import { dataReportCommand } from './data-report.ts'
import { dataVerifyCommand } from './data-verify.ts'

/** `sluice data`: everything about data but what became of dropped files. */
export function dataCommands(program: Command, act: Act): void {
  const data = program.command('data').description('data: add, report, compare, verify, convert and build it')
  dataAddCommand(data, act)
  dataListCommands(data, act)
  dataReportCommand(data, act)
  dataDiffCommand(data, act)
  dataVerifyCommand(data, act)
  dataConvertCommand(data, act)
  dataBuildCommands(data, act)
}
