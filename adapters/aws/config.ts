import { Fault } from '../../core/platform/fault.ts'
import { BuilderEnvironment, Environment, type EnvironmentName } from './environment.ts'

/** The environment of this Lambda function. Fault `internal` naming every variable that is missing or wrong. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const result = Environment.safeParse(variables)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')} (${message})`)
  throw new Fault(
    'internal',
    `the environment of this function is wrong: ${problems.join(', ')}; deploy its stack again`,
  )
}

const ofApiStack = new Set(['api', 'stream', 'authorize'])

/** A variable that a driver needs. Fault `internal` naming the function, the variable and the stack that sets it. */
export function required<Name extends EnvironmentName>(
  environment: Environment,
  name: Name,
): NonNullable<Environment[Name]> {
  const value = environment[name]
  if (value !== undefined) return value
  const { SLUICE_FUNCTION: fn, SLUICE_STAGE: stage } = environment
  const stack = `sluice-${stage}-${ofApiStack.has(fn) ? 'api' : 'pipeline'}`
  const remedy = `grant ${fn} what needs it in functions/manifest.ts and deploy the stack ${stack}, which sets it`
  throw new Fault('internal', `function ${fn} has no ${name}: ${remedy}`)
}

/** What the data builder is told. Fault `internal` naming every variable that is missing or wrong. */
export function readBuilderConfig(variables: NodeJS.ProcessEnv = process.env) {
  const result = BuilderEnvironment.safeParse(variables)
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `${path.join('.')} (${message})`)
    throw new Fault('internal', `the environment of the data builder is wrong: ${problems.join(', ')}`)
  }
  const { SLUICE_BUILD_URI: uri, SLUICE_SCRATCH: scratch, SLUICE_THREADS: threads } = result.data
  const [, bucket, build] = /^s3:\/\/([^/]+)\/builds\/([^/]+)\/spec\.json$/.exec(uri) ?? []
  if (bucket !== undefined && build !== undefined) return { bucket, build, scratch, threads }
  throw new Fault('internal', `SLUICE_BUILD_URI is ${uri}, which is not s3://BUCKET/builds/ID/spec.json`)
}
