import type { ModelArchitecture } from '../../schemas/registry.ts'
import { attentionWidths, layerParameters } from './model-size.ts'

/** One pass of training on one GPU. */
export interface TrainingLoad {
  /** Numbers with gradients and Adam moments; all of them for full fine-tuning. */
  trainable: number
  /** Sequences that go through the model at once, and tokens of each. */
  sequences: number
  tokens: number
  /** GPUs that share weights, gradients and moments; 1: every GPU has all. */
  shards: number
  /** Copies of the weights beside the trained one: a reference model of full fine-tuning. */
  frozenCopies?: number
  /** A generation engine on the same GPU: its own 16-bit weights, and keys and values of `sequences` of `tokens`. */
  rollout?: { sequences: number; tokens: number }
}

export interface GpuMemory {
  bytes: number
  /** Of the formula: 0.8 and 1.25 of it. */
  low: number
  high: number
  parts: Record<'weights' | 'training' | 'activations' | 'logits' | 'rollout' | 'overhead', number>
}

export const errorBand = { low: 0.8, high: 1.25 } as const

const bytesOf = { float32: 4, bfloat16: 2, float16: 2, int8: 1, nf4: 0.516 } as const
/** Per trained number: 16-bit weight and gradient, float32 master copy and two moments (ZeRO, arXiv 1910.02054, 3.1). */
const mixedAdam = 16
/** CUDA context, workspaces of its libraries, and what its allocator cannot give back. */
const overhead = 1e9

/**
 * Bytes that one GPU needs, with gradient checkpointing and an attention that keeps no square matrix. docs/preflight.md has the formula
 * and what it was compared with.
 */
export function gpuMemory(model: ModelArchitecture, load: TrainingLoad): GpuMemory {
  const { trainable, sequences, tokens, shards, frozenCopies = 0, rollout } = load
  const { parameters, hidden_size: hidden, intermediate_size: inner, layers, vocab_size } = model
  const { queries, keys } = attentionWidths(model)
  const full = trainable >= parameters
  const inFlight = sequences * tokens
  const kept = 2 * hidden * layers
  const oneLayer = 10 * hidden + 4 * queries + 4 * keys + 8 * inner
  const parts = {
    // In full fine-tuning the 16 bytes of each trained number hold the weight too.
    weights: (weightBytes(model) * ((full ? 0 : 1) + frozenCopies)) / shards,
    training: (mixedAdam * trainable) / shards,
    activations: inFlight * (kept + oneLayer),
    // 16-bit logits, their float32 copy, and its gradient.
    logits: inFlight * vocab_size * 10,
    rollout: rollout ? 2 * parameters + 4 * layers * keys * rollout.sequences * rollout.tokens : 0,
    overhead,
  }
  const bytes = Object.values(parts).reduce((total, part) => total + part, 0)
  return { bytes, low: bytes * errorBand.low, high: bytes * errorBand.high, parts }
}

/** Quantisation leaves embeddings and head in 16 bits. */
function weightBytes(model: ModelArchitecture): number {
  const { parameters, dtype } = model
  const quantised = dtype === 'int8' || dtype === 'nf4' ? Math.min(parameters, layerParameters(model)) : parameters
  return quantised * bytesOf[dtype] + (parameters - quantised) * 2
}
