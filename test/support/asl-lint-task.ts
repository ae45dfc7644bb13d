import type { State } from './asl-lint.ts'

export interface TaskContext {
  /** Placeholders of the queues that have a scheduling policy. */
  sharedQueues: readonly string[]
  /** The tag without which nobody may terminate a compute job. */
  jobTag: string
  /** Time limit of each function, by placeholder. */
  functionSeconds: Readonly<Record<string, number>>
}

const lambda = 'arn:aws:states:::lambda:invoke'
const submitJob = 'arn:aws:states:::batch:submitJob'
const throttled = 'Batch.TooManyRequestsException'
/** After these nobody knows whether the job was taken: SubmitJob has no client token. */
const lostAnswers = ['Batch.ServerException', 'Batch.SdkClientException', 'Batch.AWSBatchException']
const throttling = {
  [lambda]: ['Lambda.TooManyRequestsException', 'Lambda.ServiceException', 'Lambda.SdkClientException'],
  [`${submitJob}.sync`]: [throttled],
}

/** What is wrong with a task: one that waits for ever, gives up on throttling, or leaves a job behind. */
export function lintTask(place: string, state: State, context: TaskContext): string[] {
  const { Resource = '' } = state
  return [
    ...(state.TimeoutSeconds === undefined ? [`${place}: no TimeoutSeconds, it may wait for ever`] : []),
    ...lintRetry(place, state),
    ...(Resource === lambda ? lintLambda(place, state, context) : []),
    ...(Resource.startsWith(submitJob) ? lintBatch(place, state, context) : []),
  ]
}

function lintRetry(place: string, { Resource = '', Retry = [] }: State): string[] {
  const retried = Retry.flatMap(({ ErrorEquals }) => ErrorEquals)
  const wanted = throttling[Resource as keyof typeof throttling] ?? []
  return wanted.filter((error) => !retried.includes(error)).map((error) => `${place}: no Retry on ${error}`)
}

/** The machine outwaits the function: else it calls a second one while the first still writes. */
function lintLambda(place: string, { Arguments = {}, TimeoutSeconds = 0 }: State, context: TaskContext): string[] {
  const name = /^\$\{(\w+)\}$/.exec(String(Arguments.FunctionName))?.[1]
  const limit = name === undefined ? undefined : context.functionSeconds[name]
  if (limit === undefined) return [`${place}: ${Arguments.FunctionName} is no function`]
  return TimeoutSeconds < limit ? [`${place}: waits ${TimeoutSeconds} s for a function of ${limit} s`] : []
}

function lintBatch(
  place: string,
  { Resource = '', Arguments = {}, Retry = [], Catch = [] }: State,
  context: TaskContext,
): string[] {
  const has = (key: string) => Arguments[key] !== undefined
  const missing = ['JobName', 'JobQueue', 'JobDefinition', 'Timeout'].filter((key) => !has(key))
  // A job that has ended may be followed by one of another name; one that nobody knows about may not.
  const named = String(Arguments.JobName).includes('$states.context.State.RetryCount')
  const harmless = named ? [throttled, 'States.TaskFailed'] : [throttled]
  const again = Retry.flatMap(({ ErrorEquals }) => ErrorEquals).filter((error) => !harmless.includes(error))
  const caught = Catch.flatMap(({ ErrorEquals }) => ErrorEquals)
  const uncaught = caught.includes('States.ALL') ? [] : lostAnswers.filter((error) => !caught.includes(error))
  const hasShares = context.sharedQueues.some((queue) => String(Arguments.JobQueue).includes(`\${${queue}}`))
  return [
    ...(Resource === `${submitJob}.sync` ? [] : [`${place}: does not wait for its job (.sync)`]),
    ...missing.map((key) => `${place}: no ${key}`),
    ...(Object.hasOwn(Arguments.Tags ?? {}, context.jobTag) ? [] : [`${place}: no tag ${context.jobTag}`]),
    // One attempt is one compute job: only what Batch refused for being too much is submitted again.
    ...again.map((error) => `${place}: Retry on ${error} would start a second job`),
    ...uncaught.map((error) => `${place}: no Catch on ${error}, after which there may be a job`),
    ...(hasShares && !has('ShareIdentifier') ? [`${place}: no ShareIdentifier, the queue has shares`] : []),
    ...(!hasShares && has('ShareIdentifier') ? [`${place}: ShareIdentifier, the queue has no shares`] : []),
  ]
}
