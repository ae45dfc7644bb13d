import * as z from 'zod'
import { JobDetail } from '../../../schemas/steps.ts'
import { parseStored } from '../../platform/parse.ts'
import type { Blobs } from '../../platform/ports.ts'
import { failureKey } from './build-store.ts'

/** Why a machine of its own gave up. */
export const BuildFailure = z.strictObject({ code: z.string(), message: z.string() })
export type BuildFailure = z.infer<typeof BuildFailure>

const killed = 137

/** undefined while the machine has said nothing. */
export async function loadFailure(blobs: Pick<Blobs, 'get'>, build: string): Promise<BuildFailure | undefined> {
  const bytes = await blobs.get(failureKey(build))
  return bytes && parseStored(BuildFailure, bytes, failureKey(build))
}

/** Whether the same work may end better on another try: what is wrong is neither the request nor the data. */
export const isPassing = ({ code }: BuildFailure) => code === 'busy' || code === 'internal'

/** An error of the state machine in words for people. */
export function failureOf(build: string, { error, cause }: { error: string; cause: string }): BuildFailure {
  const said = parsed(cause)
  const thrown = z.looseObject({ errorMessage: z.string() }).safeParse(said).data
  if (thrown) return { code: error, message: thrown.errorMessage }
  const detail = JobDetail.safeParse(said).data
  if (detail && (detail.Container || detail.StatusReason !== undefined))
    return { code: 'builder_lost', message: lostMessage(build, detail) }
  return { code: error, message: cause }
}

function lostMessage(build: string, { Container, StatusReason }: z.infer<typeof JobDetail>): string {
  const code = Container?.ExitCode
  const why = [StatusReason, Container?.Reason].filter(Boolean).join(', ')
  const ended =
    code === killed
      ? 'was killed (exit code 137), which is what happens when memory runs out'
      : code === undefined
        ? 'was lost'
        : `ended with exit code ${code}`
  return `the data builder ${ended}${why ? `: ${why}` : ''}; nothing of ${build} became visible, submit it again`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
