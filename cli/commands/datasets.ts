import type { Command } from 'commander'
import type { Act } from '../context.ts'
import { dataAddCommand } from './data-add.ts'
import { dataListCommands } from './data-lists.ts'
import { dropCommands } from './drops.ts'

/** `sluice datasets`: names of data, and what became of dropped files. `sluice data` has the first part too. */
export function datasetCommands(program: Command, act: Act): void {
  const datasets = program.command('datasets').description('names of data, and their immutable versions')
  dataAddCommand(datasets, act)
  dataListCommands(datasets, act)
  dropCommands(datasets, act)
}
