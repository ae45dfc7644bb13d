import { ProblemError } from './problem-error.ts'

export interface OutgoingRequest {
  method: string
  url: string
  headers: Record<string, string>
  body: string | undefined
}

/**
 * AWS Signature Version 4 for API Gateway (service `execute-api`), with the ordinary AWS credential chain: environment, profile,
 * single sign-on, container, instance. Returns all headers to send. The AWS code is loaded on first use.
 */
export function awsSigner(region: string, profile: string | undefined) {
  const signer = lazily(async () => {
    const [{ defaultProvider }, { SignatureV4 }, { Sha256 }] = await Promise.all([
      import('@aws-sdk/credential-provider-node'),
      import('@smithy/signature-v4'),
      import('@aws-crypto/sha256-js'),
    ])
    const credentials = defaultProvider(profile === undefined ? {} : { profile })
    return new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 })
  })

  return async function sign(request: OutgoingRequest): Promise<Record<string, string>> {
    const url = new URL(request.url)
    const { headers } = await (await signer())
      .sign({
        method: request.method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...request.headers, host: url.host },
        ...(request.body !== undefined && { body: request.body }),
      })
      .catch((error: Error) => {
        throw ProblemError.local(
          'no_credentials',
          `no usable AWS credentials (${error.message}); sign in (aws sso login, aws configure) or give --profile`,
        )
      })
    // fetch sets the host itself.
    return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'host'))
  }
}

/** A failed start is tried again. */
function lazily<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined
  return () => {
    started ??= start().catch((error: unknown) => {
      started = undefined
      throw error
    })
    return started
  }
}
