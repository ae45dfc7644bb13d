/** Marks that say outright that a question to the user follows. */
export const questionMarkers: readonly RegExp[] = [
  /\[clarif(?:y|ication)\]/i,
  /<clarif(?:y|ication)>/i,
  /\bclarif(?:ying|ication) questions?\s*:/i,
  /\bquestions? (?:for|to) (?:you|the user)\s*:/i,
  /【(?:澄清|追问|反问)】/,
  /(?:澄清问题|追问)\s*[:：]/,
]

/** Requests for what the user has not said. "Could you imagine" and "would you like more detail" are none. */
export const requestPhrases: Readonly<Record<'en' | 'zh', readonly RegExp[]>> = {
  en: [
    /\b(?:could|can|would|will) you (?:please |kindly |first )?(?:also )?(?:clarify|specify|confirm which|confirm what|confirm whether)\b/i,
    /\b(?:could|can|would|will) you (?:please |kindly |first )?(?:also )?(?:tell|give|send|show|provide|share)\b(?: me| us)?(?: with)? (?:what|which|who|where|when|how|whether|if|more|the|your|some|a few)\b/i,
    /\bplease (?:also |first )?(?:clarify|specify|tell me (?:what|which|who|where|when|how|whether|more)|provide (?:more|the (?:full|missing|exact))|share the (?:full|missing|exact))\b/i,
    /\b(?:which|what) (?:one|of (?:these|them|the two)|exactly|kind|version)?\s?(?:do|did|are) you (?:mean|meaning|referring|asking)\b/i,
    /\b(?:do|did) you mean\b[^.!]*\bor\b[^.!]*\?/i,
    /\bwhat do you mean by\b/i,
    /\bi (?:need|would need|will need|require) (?:a (?:bit|little) )?(?:more (?:information|details?|context)|to know (?:what|which|who|where|when|how|whether))\b/i,
    /\b(?:you (?:have not|haven't|did not|didn't) (?:said|say|told|tell|given|give|specified|specify|mentioned|mention))\b[^.!]*\?/i,
  ],
  zh: [
    /(?:请问|请|麻烦)(?:你|您)?(?:先|再)?(?:澄清|说明一下|具体说明|补充|提供|告诉我|告知)/,
    /(?:能|能否|可以|可否)(?:请)?(?:你|您)?(?:先|再)?(?:澄清|具体说明|说明一下|补充|提供|告诉我|告知)/,
    /(?:你|您)(?:能|能否|可以|可否)(?:先|再)?(?:澄清|具体说明|说明一下|补充|提供|告诉我|告知)/,
    /(?:你|您)(?:指的|说的|问的|想问的)是[^。！]*(?:哪|什么|谁|还是)[^。！]*[?？]/,
    /(?:我)?(?:还)?需要(?:知道|了解)?(?:更多|进一步的?|额外的?)(?:信息|细节|背景)/,
  ],
}

/** What a turn holds that gives an answer, whatever it asks besides. */
export const answerMarkers: readonly RegExp[] = [
  /####\s*\S/,
  /\\boxed\{/,
  /\b(?:the|my|final|our) answer (?:is|would be|must be)\b/i,
  /\banswer\s*:\s*\S/i,
  /=\s*\$?\s?-?\d/,
  /(?:答案|结果)(?:是|为|[:：])/,
]
