import { type BatchClient, paginateDescribeJobDefinitions } from '@aws-sdk/client-batch'
import { callBatch } from './batch-call.ts'

const NAME = /^[A-Za-z0-9_-]{1,128}$/

/** The job definitions of one deployment. */
export function createBatchDefinitions(batch: BatchClient, prefix: string) {
  return {
    /** undefined when the definition is deployed; else the ones that are, without their prefix. */
    async missing(definition: string): Promise<string[] | undefined> {
      const name = `${prefix}${definition}`
      if (definition !== '' && NAME.test(name) && (await active(name)).length > 0) return undefined
      const deployed = (await active())
        .filter((each) => each.startsWith(prefix))
        .map((each) => each.slice(prefix.length))
      return [...new Set(deployed)].toSorted()
    },
  }

  async function active(jobDefinitionName?: string): Promise<string[]> {
    return callBatch(`DescribeJobDefinitions of ${jobDefinitionName ?? 'all'}`, async () => {
      const names: string[] = []
      const query = { status: 'ACTIVE', ...(jobDefinitionName !== undefined && { jobDefinitionName }) }
      for await (const page of paginateDescribeJobDefinitions({ client: batch }, query))
        names.push(...(page.jobDefinitions ?? []).flatMap(({ jobDefinitionName: name }) => name ?? []))
      return names
    })
  }
}
