import * as z from 'zod'

/** `config.json` of the model directory: the fields of a Hugging Face Llama config that the trainer uses. */
export const ModelConfig = z.looseObject({
  model_type: z.literal('llama'),
  vocab_size: z.int().min(1),
  hidden_size: z.int().min(2),
  intermediate_size: z.int().min(1),
  num_hidden_layers: z.int().min(1),
  num_attention_heads: z.int().min(1),
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive(),
  max_position_embeddings: z.int().min(8),
  tie_word_embeddings: z.literal(true),
})
export type ModelConfig = z.infer<typeof ModelConfig>
