import { fileURLToPath } from 'node:url'
import { ensurePython, type Python } from './ensure-python.ts'

// Makes .venv-moto, the Python environment of the AWS stand-in that the AWS tests start.
const root = fileURLToPath(new URL('..', import.meta.url))

if (import.meta.main) {
  const moto = ensureMoto(`${root}.venv-moto`)
  console.log('python' in moto ? moto.python : moto.missing)
  process.exitCode = 'python' in moto ? 0 : 1
}

/** The interpreter of an environment at `directory` that holds exactly test/aws/requirements.txt, or why there is none. */
export function ensureMoto(directory: string): Python {
  return ensurePython({ what: 'the AWS stand-in', directory, requirements: `${root}test/aws/requirements.txt` })
}
