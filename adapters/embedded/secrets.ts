import { join } from 'node:path'
import { Fault } from '../../core/platform/fault.ts'
import type { Secrets } from '../../core/platform/ports.ts'
import { readPrivateFile } from './private-file.ts'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/**
 * Secret `hf-token` is the environment variable HF_TOKEN, else the file `<directory>/secrets/hf-token` (mode 0600, one
 * line break at the end is dropped). Faults: `not_found` naming both, `forbidden`, `invalid` for a name.
 */
export function createSecrets(options: {
  environment: Record<string, string | undefined>
  directory: string
}): Secrets {
  return {
    async read(name) {
      if (!NAME.test(name)) throw new Fault('invalid', `secret name ${JSON.stringify(name)} must match ${NAME.source}`)
      const variable = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
      const path = join(options.directory, 'secrets', name)
      const secret = options.environment[variable] || (await readPrivateFile(path))?.replace(/\r?\n$/, '')
      if (secret) return secret
      throw new Fault('not_found', `secret ${name} is not set: set ${variable}, or write ${path} with mode 0600`)
    },
  }
}
