import * as z from 'zod'

/** Lower-case hex SHA-256. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits')

/** A name people choose: recipes, datasets, models, suites. */
export const Name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'must be 1 to 63 characters of a-z, 0-9, ".", "_", "-" and start with a letter or digit',
  )

/** What points at a model version. A number would be read as a version wherever either may stand, as in `model@7`. */
export const AliasName = Name.refine((name) => !/^\d+$/.test(name), 'must not be a number: that names a version')

/** Absolute `file://` or `s3://` URI. */
export const Uri = z.string().regex(/^(file|s3):\/\//, 'must start with file:// or s3://')

/** `job-` + 20 characters. Also the execution name. */
export const JobId = z.string().regex(/^job-[a-z0-9]{20}$/, 'must look like job-<20 characters of a-z, 0-9>')

/** ISO 8601, UTC, with milliseconds. */
export const Timestamp = z.iso.datetime()

/** A metric value on the wire. Non-finite values are strings: never null, never dropped. */
export const MetricValue = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])

export const Algorithm = z.enum(['sft', 'dpo', 'grpo'])
export type Algorithm = z.infer<typeof Algorithm>

export const Profile = z
  .enum(['smoke', 'prod'])
  .describe('smoke: small, never promotable to production. prod: every guard on')
export type Profile = z.infer<typeof Profile>

/**
 * A regular expression in RE2's syntax (no look-around, no back-references). What publishes a recipe checks the syntax: the engine
 * is larger than the rest of the API together, so no schema loads it.
 */
export const Pattern = z.string().min(1).max(500)
