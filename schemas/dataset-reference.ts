import * as z from 'zod'

/** `name` (the newest version at that moment) or `name@<sha256>`. */
export const DatasetReference = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}(@[0-9a-f]{64})?$/,
    'must be a dataset name, optionally followed by @ and its sha256',
  )
