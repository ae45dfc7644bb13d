import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  CreateSchedulingPolicyCommand,
  RegisterJobDefinitionCommand,
} from '@aws-sdk/client-batch'
import { ensureMoto } from '../../scripts/ensure-moto.ts'
import { definitions } from './asl-compute-fixture.ts'
import { startDockerEngine } from './docker-engine.ts'

export interface MotoBatch {
  endpoint: string
  queues: string[]
  definitionPrefix: string
  logGroup: string
  stop(): Promise<void>
}

const SERVER = fileURLToPath(new URL('../aws/moto-server.py', import.meta.url))
const definitionPrefix = 'sluice-moto-'
const region = 'us-east-1'

/** A moto server of its own whose Batch runs jobs on a Docker Engine of child processes, with two queues and the test's definitions. */
export async function startMotoBatch(): Promise<MotoBatch> {
  const moto = ensureMoto(fileURLToPath(new URL('../../.venv-moto', import.meta.url)))
  if ('missing' in moto) throw new Error(moto.missing)
  const engine = await startDockerEngine()
  const server = spawn(moto.python, [SERVER], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, DOCKER_HOST: engine.host },
  })
  const ended = new Promise((resolve) => server.once('exit', resolve))
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: server.stdout }).once('line', resolve)
    server.once('exit', (code) => reject(new Error(`moto ended with exit code ${code} before it listened`)))
  })
  const endpoint = `http://${address}`
  return {
    endpoint,
    definitionPrefix,
    // Not to be chosen in moto.
    logGroup: '/aws/batch/job',
    queues: await deploy(endpoint),
    async stop() {
      server.stdin.end()
      await ended
      await engine.stop()
    },
  }
}

async function deploy(endpoint: string): Promise<string[]> {
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not-a-secret' }
  const batch = new BatchClient({ endpoint, region, credentials })
  const environment = await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'processes',
      type: 'UNMANAGED',
      state: 'ENABLED',
      serviceRole: await createRole(endpoint),
    }),
  )
  const policy = await batch.send(new CreateSchedulingPolicyCommand({ name: 'fair' }))
  for (const [name, { command, environment: variables = {} }] of Object.entries(definitions))
    await batch.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: `${definitionPrefix}${name}`,
        type: 'container',
        containerProperties: {
          image: 'busybox',
          command,
          environment: Object.entries(variables).map(([variable, value]) => ({ name: variable, value })),
          resourceRequirements: [
            { type: 'VCPU', value: '1' },
            { type: 'MEMORY', value: '512' },
          ],
        },
      }),
    )
  const queues: string[] = []
  for (const jobQueueName of ['spot', 'on-demand']) {
    const { jobQueueArn = '' } = await batch.send(
      new CreateJobQueueCommand({
        jobQueueName,
        priority: 1,
        state: 'ENABLED',
        schedulingPolicyArn: policy.arn,
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: environment.computeEnvironmentArn }],
      }),
    )
    queues.push(jobQueueArn)
  }
  batch.destroy()
  return queues
}

/** IAM has no client in this project: one call of its query protocol. */
async function createRole(endpoint: string): Promise<string> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/${region}/iam/aws4_request`,
    },
    body: 'Action=CreateRole&Version=2010-05-08&RoleName=batch&AssumeRolePolicyDocument={}',
  })
  const [, arn] = /<Arn>([^<]+)<\/Arn>/.exec(await response.text()) ?? []
  if (arn === undefined) throw new Error('moto made no role')
  return arn
}
