import { type ParseArgsConfig, parseArgs } from 'node:util'

/** The command line's flags; an unknown or malformed one ends the process with one line instead of a stack. */
export function readFlags<Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>>['values'] {
  try {
    return parseArgs(config).values
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nSee --help for the options.\n`)
    process.exit(1)
  }
}
