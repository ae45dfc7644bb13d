import type { JobView } from '../../../schemas/job.ts'

export type PhaseState = 'done' | 'active' | 'waiting' | 'stopped' | 'skipped'

export interface Phase {
  key: string
  title: string
  state: PhaseState
  detail: string
  /** In [0, 1], where it is known. */
  share?: number
}

type Shown = Pick<JobView, 'kind' | 'status' | 'stages' | 'reason' | 'gate' | 'model' | 'comparison'>

/** The way of a job from preflight to registry: what is done, where it is, and where it stopped. */
export function pipelineOf(job: Shown): Phase[] {
  const stages = job.stages.map((stage): Phase => {
    const tries = stage.attempts.length > 1 ? `, attempt ${stage.attempts.length}` : ''
    return {
      key: `stage ${stage.index}`,
      title: `${stage.index} ${stage.algorithm}`,
      state: { pending: 'waiting', running: 'active', succeeded: 'done', failed: 'stopped' }[
        stage.status
      ] as PhaseState,
      detail: `${stage.step} / ${stage.planned_steps}${tries}`,
      share: Math.min(1, stage.step / stage.planned_steps),
    }
  })
  const tail = (title: string, detail = ''): Phase => ({ key: title, title, state: 'waiting', detail })
  const phases = [
    tail('preflight'),
    ...stages,
    ...(job.kind === 'preflight' ? [] : [tail('evaluate'), tail('gate', job.gate?.verdict ?? '')]),
    ...(job.kind === 'preflight' || job.kind === 'evaluation' ? [] : [tail('register', modelText(job))]),
  ]
  return settle(phases, whereItIs(job, phases), job.status)
}

function modelText({ model }: Shown): string {
  return model ? `${model.name} version ${model.version}` : ''
}

/** Index of the phase at which the job is or stopped; behind the last when it succeeded. */
function whereItIs(job: Shown, phases: Phase[]): number {
  const at = (title: string) => phases.findIndex(({ key }) => key === title)
  const firstOpen = phases.findIndex(({ key, state }) => key.startsWith('stage ') && state !== 'done')
  const afterPreflight = firstOpen >= 0 ? firstOpen : at('evaluate')
  const hasStarted = job.stages.some(({ attempts }) => attempts.length > 0)
  switch (job.status) {
    case 'succeeded':
      return phases.length
    case 'submitted':
    case 'validating':
      return 0
    case 'queued':
    case 'running':
      return afterPreflight
    case 'evaluating':
      return at('evaluate')
    case 'gating':
      return at('gate')
    default:
      if (job.gate) return at(job.gate.verdict === 'pass' ? 'register' : 'gate')
      if (job.reason?.stage !== undefined) return at(`stage ${job.reason.stage}`)
      if (!hasStarted && job.stages.length > 0) return 0
      return job.comparison ? at('gate') : afterPreflight
  }
}

function settle(phases: Phase[], here: number, status: JobView['status']): Phase[] {
  const isStopped = ['failed', 'refused', 'cancelled'].includes(status)
  return phases.map((phase, index) => {
    if (index < here) return { ...phase, state: 'done' }
    if (index === here)
      return { ...phase, state: isStopped ? 'stopped' : status === 'submitted' ? 'waiting' : 'active' }
    return { ...phase, state: isStopped ? 'skipped' : 'waiting' }
  })
}
