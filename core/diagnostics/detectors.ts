import type { Detector } from './detector.ts'
import { backwardSteps, junkLines, missingTimes, refusedNames, typeChanges } from './rules/data-quality.ts'
import { entropyCollapse } from './rules/entropy-collapse.ts'
import { criticExplosion, gradExplosion } from './rules/grad-explosion.ts'
import { gradVanishing } from './rules/grad-vanishing.ts'
import { klDrift } from './rules/kl-drift.ts'
import { klExplosion } from './rules/kl-explosion.ts'
import { lengthGrowth, truncation } from './rules/length-runaway.ts'
import { lossPlateau } from './rules/loss-plateau.ts'
import { lossRise } from './rules/loss-rise.ts'
import { memoryCreep } from './rules/memory-creep.ts'
import { nonFinite, otherNonFinite } from './rules/non-finite.ts'
import { rewardCollapse } from './rules/reward-collapse.ts'
import { throughputDrop } from './rules/throughput-drop.ts'
import { zeroSignalGroups } from './rules/zero-signal-groups.ts'

/** Every rule, the gravest first. A stored state names a detector by its place: whoever moves one raises `rulesVersion`. */
export const detectors: readonly Detector[] = [
  nonFinite,
  klExplosion,
  rewardCollapse,
  zeroSignalGroups,
  gradExplosion,
  criticExplosion,
  klDrift,
  lossRise,
  lossPlateau,
  gradVanishing,
  entropyCollapse,
  truncation,
  lengthGrowth,
  throughputDrop,
  memoryCreep,
  otherNonFinite,
  junkLines,
  backwardSteps,
  typeChanges,
  refusedNames,
  missingTimes,
]
