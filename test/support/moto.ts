import { describe, inject, it } from 'vitest'

let names = 0

/** `describe`, where moto runs; elsewhere one skipped test that says why it does not. */
export function describeOnMoto(name: string, body: () => void): void {
  const moto = inject('moto')
  if ('endpoint' in moto) describe(name, body)
  else it.skip(`${name}: skipped, ${moto.missing}`, () => {})
}

/** The URL of the moto server that all test files share: keep to names from `ownName`, never reset it. */
export function motoEndpoint(): string {
  const moto = inject('moto')
  if ('endpoint' in moto) return moto.endpoint
  throw new Error(`${moto.missing}: call this inside describeOnMoto`)
}

/** Options for any SDK client that talks to moto. */
export function awsOptions() {
  return {
    region: 'us-east-1',
    endpoint: motoEndpoint(),
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not-a-secret' },
  }
}

/** A name for a table, bucket, queue ... that no other test uses: `sluice-<what>-...`, fit for S3 too. */
export function ownName(what: string): string {
  names += 1
  return `sluice-${what}-${process.pid}-${Date.now().toString(36)}-${names}`
}
