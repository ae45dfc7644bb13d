/** What the loss of an algorithm means: `supervised` and `preference` minimise it, for `rl` it is a surrogate near 0. */
export type Family = 'supervised' | 'preference' | 'rl' | 'unknown'

const families: Record<Exclude<Family, 'unknown'>, readonly string[]> = {
  supervised: ['sft', 'pt', 'pretrain', 'distillation', 'rm', 'reward'],
  preference: ['dpo', 'kto', 'orpo', 'cpo', 'ipo', 'simpo', 'bco'],
  rl: ['grpo', 'ppo', 'rloo', 'dapo', 'reinforce', 'reinforce++', 'gspo', 'drgrpo', 'remax', 'online_dpo'],
}

/** `unknown` for an algorithm that no rule was made for: rules that need its loss to mean something are off then. */
export function familyOf(algorithm: string): Family {
  const name = algorithm.toLowerCase()
  for (const [family, names] of Object.entries(families)) if (names.includes(name)) return family as Family
  return 'unknown'
}
