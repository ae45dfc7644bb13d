import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { describe, it } from 'vitest'

/** Region and credentials of the environment, when SLUICE_AWS_CONTRACT=1 asks for tests in a real account; else why not. */
export async function realAccount() {
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION
  if (process.env.SLUICE_AWS_CONTRACT !== '1')
    return { missing: 'set SLUICE_AWS_CONTRACT=1 to run it in your AWS account' }
  if (region === undefined) return { missing: 'SLUICE_AWS_CONTRACT=1, but AWS_REGION is not set' }
  try {
    return { options: { region, credentials: await defaultProvider()() } }
  } catch (error) {
    return { missing: `SLUICE_AWS_CONTRACT=1, but there are no credentials: ${(error as Error).message}` }
  }
}

/** `describe` in the account of the environment; without one, a skipped test that says so. The body deletes what it creates. */
export async function describeOnRealAccount(name: string, body: (options: AccountOptions) => void): Promise<void> {
  const account = await realAccount()
  if ('options' in account) describe(name, () => body(account.options as AccountOptions))
  else it.skip(`${name}: skipped, ${account.missing}`, () => {})
}

export interface AccountOptions {
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
}
