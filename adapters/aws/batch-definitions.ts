import { type BatchClient, type JobDefinition, paginateDescribeJobDefinitions } from '@aws-sdk/client-batch'
import type { ComputeDefinition } from '../../core/platform/ports.ts'
import { callBatch } from './batch-call.ts'

const NAME = /^[A-Za-z0-9_-]{1,128}$/

/** The job definitions of one deployment. */
export function createBatchDefinitions(batch: BatchClient, prefix: string) {
  return {
    /** undefined when the definition is deployed; else the ones that are, without their prefix. */
    async missing(definition: string): Promise<string[] | undefined> {
      if ((await named(definition)).length > 0) return undefined
      const deployed = (await active())
        .flatMap(({ jobDefinitionName }) => jobDefinitionName ?? [])
        .filter((each) => each.startsWith(prefix))
        .map((each) => each.slice(prefix.length))
      return [...new Set(deployed)].toSorted()
    },
    /** What a submit by name starts: the newest active revision. undefined when there is none. */
    async newest(definition: string): Promise<Omit<ComputeDefinition, 'freeDiskBytes'> | undefined> {
      const revisions = await named(definition)
      const last = revisions.toSorted((a, b) => (b.revision ?? 0) - (a.revision ?? 0))[0]
      return last && knownOf(last)
    },
  }

  async function named(definition: string): Promise<JobDefinition[]> {
    const name = `${prefix}${definition}`
    return definition !== '' && NAME.test(name) ? active(name) : []
  }

  async function active(jobDefinitionName?: string): Promise<JobDefinition[]> {
    return callBatch(`DescribeJobDefinitions of ${jobDefinitionName ?? 'all'}`, async () => {
      const found: JobDefinition[] = []
      const query = { status: 'ACTIVE', ...(jobDefinitionName !== undefined && { jobDefinitionName }) }
      for await (const page of paginateDescribeJobDefinitions({ client: batch }, query))
        found.push(...(page.jobDefinitions ?? []))
      return found
    })
  }
}

/** Image and GPUs stand in the definition itself; what Batch has no field for, in the tags that infra/ gives it. */
function knownOf({ containerProperties, tags = {} }: JobDefinition): Omit<ComputeDefinition, 'freeDiskBytes'> {
  const gpu = containerProperties?.resourceRequirements?.find(({ type }) => type === 'GPU')
  const memoryGb = amount(tags['sluice:gpu-memory-gb'])
  return {
    image: containerProperties?.image ?? null,
    gpus: containerProperties ? amount(gpu?.value ?? '0') : null,
    gpuMemoryBytes: memoryGb === null ? null : memoryGb * 1e9,
    usdPerHour: amount(tags['sluice:usd-per-hour']),
  }
}

function amount(text: string | undefined): number | null {
  const value = Number(text?.trim() || Number.NaN)
  return Number.isFinite(value) && value >= 0 ? value : null
}
