import { beforeEach, expect, it } from 'vitest'
import { loadPinned } from '../../core/jobs/pinned.ts'
import { saveReport } from '../../core/preflight/report.ts'
import { issueTicket } from '../../core/preflight/ticket.ts'
import { ticketRoutes } from '../../functions/api/routes/tickets.ts'
import { prepareProject, submitSample } from '../core/support/project.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'

type Handle = (input: { params: { job: string } }) => Promise<unknown>
let platform: TestPlatform
let getTicket: Handle

beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
  ticketRoutes((_, handle) => {
    getTicket = handle as unknown as Handle
  }, platform)
})

it('gives the ticket of a job and the key that verifies it', async () => {
  const job = await submitSample(platform)
  const pinned = await loadPinned(platform.table, job)
  for (const round of ['round1', 'round2'] as const)
    await saveReport(platform, pinned, { round, files: {}, checks: [] })
  const ticket = await issueTicket(platform, pinned)
  expect(await getTicket({ params: { job: job.id } })).toEqual({
    ticket,
    public_key: await platform.signer.publicKey(),
  })
})

it('says why a job has none', async () => {
  const { id } = await submitSample(platform)
  await expect(getTicket({ params: { job: id } })).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining(`job ${id} has no ticket: it is submitted`),
  })
})
