/** Where a run keeps what it makes, by who reads and writes it. */
export const preflight = ['jobs/*/preflight/*']
export const ticket = ['jobs/*/ticket.json']
export const attempts = ['jobs/*/stages/*/attempts/*']
export const checkpoints = ['jobs/*/stages/*/attempts/*/checkpoints/*']
export const shipped = ['jobs/*/stages/*/attempts/*/metrics/*', 'jobs/*/stages/*/attempts/*/status.json']
/** What is made of an attempt's chunks. */
export const compacted = ['jobs/*/stages/*/attempts/*/metrics-*.columns']
export const exported = ['exports/*']
export const failurePacks = ['jobs/*/failure-pack*.tar.gz']
/** A dataset whose source changed while it was being copied. */
export const takenBack = ['datasets/*/data-*.jsonl']

/** What a build starts from, says on its way, and leaves. */
export const builds = ['builds/*']
