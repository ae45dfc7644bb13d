import { readConfig } from './config.ts'
import { reasonOf, TrainerExit } from './exit.ts'
import { pathOf } from './files.ts'
import { generate } from './generate.ts'
import { takeLease } from './lease.ts'
import { prepareGeneration, prepareTraining } from './prepare.ts'
import { isFinished } from './result.ts'
import { readSpec } from './spec.ts'
import { createStatusFile, type StatusFile } from './status.ts'
import { train } from './train.ts'

/** Exit status for a defect of the trainer itself, which no code of the contract covers. */
const internalError = 1

let stopping = false
process.on('SIGTERM', () => {
  stopping = true
})

let status: StatusFile | undefined
try {
  await run()
} catch (error) {
  const problems =
    error instanceof TrainerExit ? error.problems : [error instanceof Error ? error.stack! : reasonOf(error)]
  const code = error instanceof TrainerExit ? error.code : internalError
  const isQuiet = error instanceof TrainerExit && error.name === 'preempted'
  for (const problem of problems) (isQuiet ? console.log : console.error)(problem)
  if (error instanceof TrainerExit && error.name === 'badInput')
    status?.update({ status: 'failed', anomaly_reason: problems.join('\n') })
  process.exitCode = code
}

async function run(): Promise<void> {
  const { specUri, publicKey } = readConfig()
  const spec = readSpec(specUri)
  const output = pathOf(spec.output_uri)
  takeLease(output)
  if (isFinished(output, spec)) {
    console.log(`${spec.output_uri} already holds the verified result`)
    return
  }
  status = createStatusFile(output, spec.job, spec.mode === 'train' ? spec.planned_steps : spec.dataset.rows)
  status.update({})
  if (spec.mode === 'train') await train(spec, output, prepareTraining(spec, publicKey), status, () => stopping)
  else await generate(spec, output, prepareGeneration(spec, publicKey), status, () => stopping)
  console.log('done')
}
