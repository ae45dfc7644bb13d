import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { createCompute } from '../../adapters/aws/compute.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import type { Compute, Json } from '../../core/platform/ports.ts'
import { executionStatusChange } from '../lambda/support/aws-events.ts'
import { createBus } from './end-to-end-bus.ts'
import { createFunctions } from './end-to-end-functions.ts'
import { startGateway, startHttpResponse } from './end-to-end-gateway.ts'
import { startLooking } from './end-to-end-looking.ts'
import { createPipe } from './end-to-end-pipe.ts'
import { createResources } from './end-to-end-resources.ts'
import { type Servers, startServers } from './end-to-end-servers.ts'
import { jobSource, objectSource } from './end-to-end-sources.ts'
import { deployedStack, functionArn } from './end-to-end-stack.ts'
import { MACHINE } from './end-to-end-states.ts'

const userArn = 'arn:aws:iam::123456789012:user/ada'

export type Account = Awaited<ReturnType<typeof startAccount>>

/** An AWS account of stand-ins with stage `dev` deployed in it. */
export async function startAccount() {
  const servers = await startServers()
  const { states, batch, credentials, moto } = servers
  const { clients, names, streamArn } = await createResources()
  const machineAlias = states.machines[MACHINE] ?? ''
  const machine = machineAlias.slice(0, machineAlias.lastIndexOf(':'))
  const stack = deployedStack({ ...names, ...batch, machine, machineAlias })
  const functions = createFunctions(stack.functions, startHttpResponse)
  const { invoke } = functions
  const bus = createBus(stack, invoke)
  const onDefaultBus = (event: object) => bus.publish(event, false)
  const compute = computeOf(servers, clients)
  states.deploy({
    machine: stack.machine,
    compute,
    functions: Object.fromEntries(
      [...stack.functions.keys()].map((name) => [
        functionArn(name),
        async (payload: Json) => (await invoke(name, payload)) as Json,
      ]),
    ),
    onEnded(name, status) {
      const event = executionStatusChange(name, status.toUpperCase())
      onDefaultBus({ ...event, detail: { ...event.detail, stateMachineArn: machine } })
    },
  })
  const gateway = await startGateway({ route: stack.route, stage: 'dev', credentials, userArn, invoke })
  const sources = [
    createPipe(stack, { endpoint: moto, streamArn }, (event) => bus.publish(event, true)),
    objectSource(clients.s3, names.bucket, onDefaultBus),
    jobSource(clients.batch, batch.queues, onDefaultBus),
  ].map(startLooking)

  return {
    ...names,
    ...clients,
    url: gateway.url,
    machine,
    bus,
    functions,
    compute,
    calls: { states: states.calls, batch: batch.calls },
    /** Resolves when every event has been delivered, and those that its consumers caused. */
    async quiet(): Promise<void> {
      for (let known = -1; known !== bus.deliveries.length; ) {
        known = bus.deliveries.length
        await bus.idle()
        await Promise.all(sources.map((source) => source.looked()))
        await bus.idle()
      }
    },
    async stop() {
      const failures = await Promise.all(sources.map((source) => source.stop()))
      await gateway.stop()
      await servers.stop()
      for (const client of Object.values(clients)) client.destroy()
      if (failures.flat().length > 0) throw new AggregateError(failures.flat(), 'events were lost')
    },
  }
}

/** Step Functions' own way to Batch: the definition's name is whole. */
function computeOf({ batch }: Servers, clients: Awaited<ReturnType<typeof createResources>>['clients']): Compute {
  const { queues, logGroup } = batch
  const logs = new CloudWatchLogsClient({})
  return createCompute({
    batch: clients.batch,
    logs,
    clock: systemClock,
    queues,
    logGroup,
    definitionPrefix: '',
    diskBytes: 0,
  })
}
