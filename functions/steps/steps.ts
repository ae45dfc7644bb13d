import type { StepName } from '../../schemas/steps.ts'
import concludeAttempt from './conclude-attempt.ts'
import concludeBuild from './conclude-build.ts'
import concludeGeneration from './conclude-generation.ts'
import decideGate from './decide-gate.ts'
import failBuild from './fail-build.ts'
import failJob from './fail-job.ts'
import issueTicket from './issue-ticket.ts'
import planBuild from './plan-build.ts'
import planEvaluation from './plan-evaluation.ts'
import preflightRound1 from './preflight-round1.ts'
import preflightRound2 from './preflight-round2.ts'
import prepareAttempt from './prepare-attempt.ts'
import prepareGeneration from './prepare-generation.ts'
import refuseJob from './refuse-job.ts'
import registerModel from './register-model.ts'
import runBuild from './run-build.ts'
import type { Step } from './step.ts'

/** Every task a state machine may invoke, by its name in the manifest. */
export const steps: Record<StepName, Step> = {
  'preflight-round1': preflightRound1,
  'preflight-round2': preflightRound2,
  'issue-ticket': issueTicket,
  'prepare-attempt': prepareAttempt,
  'conclude-attempt': concludeAttempt,
  'plan-evaluation': planEvaluation,
  'prepare-generation': prepareGeneration,
  'conclude-generation': concludeGeneration,
  'decide-gate': decideGate,
  'register-model': registerModel,
  'refuse-job': refuseJob,
  'fail-job': failJob,
  'plan-build': planBuild,
  'run-build': runBuild,
  'conclude-build': concludeBuild,
  'fail-build': failBuild,
}
