import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import * as z from 'zod'
import type { Environment } from './io.ts'
import { ProblemError } from './problem-error.ts'

export interface ServerOptions {
  url?: string
  token?: string
  dataDir?: string
  region?: string
  profile?: string
}

/** A bearer token, or AWS Signature Version 4 by the credentials of the AWS chain. */
export type Credentials = { kind: 'token'; token: string } | { kind: 'aws'; region: string; profile?: string }

export interface Connection {
  /** Without a slash at the end. */
  url: string
  credentials: Credentials
  /** What to do when nothing answers there. */
  remedy: string
}

const ServerFile = z.object({ url: z.url({ protocol: /^https?$/ }), pid: z.int() })

/** The only place of the CLI that reads the process's environment. */
export function environment(): Environment {
  return process.env
}

/** Absolute. */
export function dataDirectory(options: ServerOptions, env: Environment): string {
  return resolve(options.dataDir ?? (env.SLUICE_DATA_DIR || '.sluice'))
}

/**
 * Where the server is and how to be let in: options, then environment, then the data directory's `server.json` and `token`. An API
 * Gateway address, or any with --region, is signed with AWS credentials unless a token is given; --region and --profile go before a
 * token of the environment.
 */
export async function findServer(options: ServerOptions, env: Environment): Promise<Connection> {
  const directory = dataDirectory(options, env)
  const asked = options.url ?? (env.SLUICE_URL || undefined)
  const signs = options.region !== undefined || options.profile !== undefined
  if (signs && options.token !== undefined) throw ProblemError.local('usage', twoDoors)
  const token = options.token ?? (signs ? undefined : env.SLUICE_TOKEN || undefined)
  if (asked === undefined) {
    if (signs) throw ProblemError.local('usage', noAddress)
    const url = await localUrl(directory)
    const credentials = bearer(token ?? (await localToken(directory)))
    return { url, credentials, remedy: `Start the server: ${upCommand(directory)}` }
  }
  const url = checkedUrl(asked)
  const remedy = 'Correct --url (or SLUICE_URL), or start what should answer there.'
  if (token !== undefined) return { url, credentials: bearer(token), remedy }
  const region = options.region ?? (env.SLUICE_REGION || apiGatewayRegion(url))
  if (region !== undefined) {
    const { profile } = options
    return { url, credentials: { kind: 'aws', region, ...(profile !== undefined && { profile }) }, remedy }
  }
  if (options.profile !== undefined) throw ProblemError.local('usage', noRegion(url))
  if (!isLoopback(url))
    throw ProblemError.local(
      'no_token',
      `no token for ${url}: the token of a local data directory is not sent to another machine; give --token or set SLUICE_TOKEN, or ` +
        'give --region (or SLUICE_REGION) to sign with AWS credentials',
    )
  return { url, credentials: bearer(await localToken(directory)), remedy }
}

const twoDoors = 'give --token, or --region and --profile to sign with AWS credentials, not both'
const noAddress = '--region and --profile are for a server on AWS; name it with --url or SLUICE_URL'
const noRegion = (url: string) =>
  `${url} does not tell its AWS region; give --region (or SLUICE_REGION) beside --profile`

function bearer(token: string): Credentials {
  if (/^[\x21-\x7e]+$/.test(token)) return { kind: 'token', token }
  throw ProblemError.local(
    'usage',
    'the token is empty or has blanks in it; give it as the server wrote it, on one line',
  )
}

function apiGatewayRegion(url: string): string | undefined {
  return /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(new URL(url).hostname)?.[1]
}

/** `server.json` of a running or stopped server; undefined when there is none. */
export async function readServerFile(directory: string): Promise<{ url: string; pid: number } | undefined> {
  const path = join(directory, 'server.json')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw ProblemError.local('unreadable', `cannot read ${path}: ${error.message}`)
  })
  if (text === undefined) return undefined
  try {
    return ServerFile.parse(JSON.parse(text))
  } catch {
    throw ProblemError.local('unreadable', `${path} is not what a server writes; start the server again: sluice up`)
  }
}

async function localUrl(directory: string): Promise<string> {
  const server = await readServerFile(directory)
  if (server) return checkedUrl(server.url)
  throw ProblemError.local(
    'no_server',
    `no server is running: ${directory} has no server.json. Start one: ${upCommand(directory)} ` +
      '(or name another with --url and --token)',
  )
}

async function localToken(directory: string): Promise<string> {
  const path = join(directory, 'token')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw ProblemError.local('no_token', `cannot read ${path}: ${error.message}; give --token or set SLUICE_TOKEN`)
  })
  return text.trim()
}

function checkedUrl(text: string): string {
  const url = URL.parse(text)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url.href.replace(/\/+$/, '')
  throw ProblemError.local('usage', `"${text}" is not a server's URL; write it like http://127.0.0.1:7433`)
}

function isLoopback(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
}

function upCommand(directory: string): string {
  return directory === resolve('.sluice') ? 'sluice up' : `sluice up --data-dir ${directory}`
}
