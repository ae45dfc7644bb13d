import type { AttemptEnd, Capacity } from '../../schemas/steps.ts'
import { exitCodes } from '../../schemas/trainer-contract.ts'

/** How a compute job ended, in the words of Batch's DescribeJobs. */
export interface Exit {
  code: number | null
  reason: string
}

export interface ExitRule {
  matches: (exit: Exit) => boolean
  /** What it means, for people. */
  meaning: string
  /** always: not the attempt's fault. progress: only when it saved a checkpoint or is the first to end so. */
  retry: 'always' | 'progress' | 'never'
  /** The exit's own words say more than the meaning. */
  inFull?: true
  /** The attempt's end counts against spot capacity. */
  ended_by?: AttemptEnd
}

const code = (wanted: number) => (exit: Exit) => exit.code === wanted
const reason = (start: string) => (exit: Exit) => exit.reason.startsWith(start)

/** Why `Compute.terminate` ends what a finished job left running. */
export const jobOverReason = 'the job is over'

// Several jobs wait for one evaluation: when one of them ends, its executor stops the compute job that the others still need.
const orderedStops = [
  jobOverReason,
  'the job was cancelled',
  'Another branch of the state failed',
  'The execution was stopped',
  'The server is shutting down',
  // Step Functions' words for a `.sync` task of an execution that was stopped or whose other branch failed.
  'The Task state in AWS Step Functions execution',
]

/** Errors of SubmitJob after which nobody knows whether there is a job. */
const lostAnswers = ['Batch.ServerException', 'Batch.SdkClientException', 'Batch.AWSBatchException']

/** The one table of exits: the first rule that matches decides. Nothing else retries. */
export const exitRules: readonly ExitRule[] = [
  { matches: reason('Host EC2'), meaning: 'the host was reclaimed', retry: 'always', ended_by: 'reclaimed' },
  // Batch's words for a job that its queue's time limit cancelled: the reason follows.
  {
    matches: reason('Canceled by JobStateTimeLimit action due to reason: CAPACITY:'),
    meaning: 'no capacity was to be had',
    retry: 'always',
    ended_by: 'no_capacity',
  },
  {
    matches: reason('Canceled by JobStateTimeLimit action'),
    meaning: "no host of its queue can run it: compare the definition's CPUs, GPUs and memory with the instance types",
    retry: 'never',
  },
  // The compute service's answer was lost, so it may have taken the job all the same: only another attempt, with a name and a folder of
  // its own, is safe. The reconciler ends the first one.
  {
    matches: (exit) => lostAnswers.some((name) => exit.reason.startsWith(`${name}:`)),
    meaning: 'the compute service did not say whether it took the job',
    retry: 'always',
    inFull: true,
  },
  { matches: reason('Host process lost'), meaning: 'the process vanished with its host', retry: 'always' },
  { matches: reason('CannotPullContainerError'), meaning: 'the image could not be pulled', retry: 'always' },
  { matches: reason('DockerTimeoutError'), meaning: 'the container could not be started', retry: 'always' },
  {
    matches: reason('Job attempt duration exceeded timeout'),
    meaning: 'the attempt ran into its time limit',
    retry: 'never',
  },
  {
    matches: (exit) => orderedStops.some((start) => exit.reason.startsWith(start)),
    meaning: 'stopped together with another job or branch',
    retry: 'always',
  },
  { matches: code(exitCodes.preempted), meaning: 'pre-empted after a checkpoint', retry: 'always' },
  { matches: code(exitCodes.fenced), meaning: 'fenced off: another process holds this attempt', retry: 'never' },
  { matches: code(exitCodes.badInput), meaning: 'bad data or configuration', retry: 'never' },
  { matches: code(exitCodes.diverged), meaning: 'the training diverged', retry: 'never' },
  { matches: code(143), meaning: 'terminated by the platform', retry: 'always' },
  { matches: code(137), meaning: 'killed: out of memory, or SIGKILL', retry: 'progress' },
]

export interface RetryInput {
  exit: Exit
  /** Attempts of this stage so far, this one included. */
  attempts: number
  maxAttempts: number
  /** A newer complete checkpoint than the one the attempt started from exists. */
  progressed: boolean
  /** The attempt before this one ended by the same exit code. */
  repeated: boolean
  /** What the attempt ran on, or waited for. */
  capacity: Capacity
}

/** Whether a failed attempt gets a successor, and why. Pure. */
export function decideRetry(input: RetryInput): { retry: boolean; meaning: string } {
  const rule = ruleFor(input.exit)
  const words = input.exit.reason ? ` (${input.exit.reason})` : ''
  const meaning = rule
    ? `${rule.meaning}${rule.inFull ? words : ''}`
    : `exit code ${input.exit.code ?? 'unknown'}${words}`
  if (!rule || rule.retry === 'never') return { retry: false, meaning }
  // It never ran, so it used nothing of the budget; and it happens once, because the next one waits on demand.
  if (rule.ended_by === 'no_capacity')
    return input.capacity === 'spot'
      ? { retry: true, meaning: `${meaning} on spot` }
      : { retry: false, meaning: `${meaning}, on demand either: raise the quota, or take another instance type` }
  if (input.attempts >= input.maxAttempts)
    return { retry: false, meaning: `${meaning}; all ${input.maxAttempts} attempts are used up` }
  if (rule.retry === 'always' || input.progressed || !input.repeated) return { retry: true, meaning }
  return { retry: false, meaning: `${meaning}, twice without a new checkpoint in between` }
}

/** Whether an end is the fault of the capacity. Pure. */
export function endedBy(exit: Exit): AttemptEnd | undefined {
  return ruleFor(exit)?.ended_by
}

function ruleFor(exit: Exit): ExitRule | undefined {
  return exitRules.find((rule) => rule.matches(exit))
}
