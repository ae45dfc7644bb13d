import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'

export type Issuer = Awaited<ReturnType<typeof startIssuer>>

/** An OpenID issuer on 127.0.0.1 with one RSA key, its discovery document and its key set. */
export async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'RS256', use: 'sig' }
  let answers: Record<string, object> = {}
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    const answer = answers[request.url ?? '']
    response.writeHead(answer ? 200 : 503, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const up = () => {
    answers = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
      '/keys': { keys: [jwk] },
    }
  }
  up()

  return {
    url,
    privateKey,
    publicPem: await exportSPKI(publicKey),
    requests: () => asked,
    up,
    /** Every request is answered with 503. */
    down() {
      answers = {}
    },
    /** Its discovery document speaks for another issuer. */
    posing() {
      answers['/.well-known/openid-configuration'] = { issuer: 'https://other.example', jwks_uri: `${url}/keys` }
    },
    /** A token for `sluice` by `alice` that is good from `now` for ten minutes, with changes. */
    token(now: Date, claims: Record<string, unknown> = {}, key: CryptoKey | Uint8Array = privateKey, alg = 'RS256') {
      const seconds = Math.floor(now.getTime() / 1000)
      const whole = {
        iss: url,
        aud: 'sluice',
        sub: 'alice',
        iat: seconds,
        exp: seconds + 600,
        scope: 'read',
        ...claims,
      }
      return new SignJWT(whole).setProtectedHeader({ alg, kid: 'key-1' }).sign(key)
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
