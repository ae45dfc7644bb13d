import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { definitions } from '../support/asl-compute-fixture.ts'
import { startKmsServer } from '../support/kms-server.ts'
import { awsOptions } from '../support/moto.ts'
import { startS3Proxy } from '../support/s3-proxy.ts'
import { startPipelineServer } from './end-to-end-states.ts'

/** The definition that a recipe names unless it is told another. */
const TRAINER = 'tiny-trainer'

export type Servers = Awaited<ReturnType<typeof startServers>>

/** A server for each AWS service, and the environment by which every SDK client that is made from now on finds them. */
export async function startServers() {
  const options = awsOptions()
  const folder = mkdtempSync(join(tmpdir(), 'sluice-account-'))
  const s3 = await startS3Proxy(options.endpoint, options.credentials.secretAccessKey, () => new Date())
  definitions[TRAINER] = trainerOn(s3.endpoint, options)
  // It reads its programs when it is loaded.
  const { startBatchServer } = await import('../support/batch-server.ts')
  const [kms, states, batch] = await Promise.all([startKmsServer(), startPipelineServer(), startBatchServer(folder)])
  const variables = {
    ...clientVariables(options),
    AWS_SESSION_TOKEN: '',
    AWS_ENDPOINT_URL_DYNAMODB: options.endpoint,
    AWS_ENDPOINT_URL_SCHEDULER: options.endpoint,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_ENDPOINT_URL_SFN: states.endpoint,
    AWS_ENDPOINT_URL_BATCH: batch.endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: batch.endpoint,
  }
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)

  return {
    moto: options.endpoint,
    credentials: options.credentials,
    states,
    batch,
    async stop() {
      await Promise.all([states.stop(), batch.stop()])
      await Promise.all([kms.stop(), s3.stop()])
      delete definitions[TRAINER]
      vi.unstubAllEnvs()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function trainerOn(s3: string, options: ReturnType<typeof awsOptions>) {
  const program = fileURLToPath(new URL('end-to-end-trainer.ts', import.meta.url))
  return {
    command: [process.execPath, '--disable-warning=ExperimentalWarning', program],
    environment: { ...clientVariables(options), AWS_ENDPOINT_URL_S3: s3 },
  }
}

function clientVariables({ region, credentials }: ReturnType<typeof awsOptions>) {
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
}
