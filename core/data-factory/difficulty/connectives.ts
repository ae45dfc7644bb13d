/** Words that tie one step of a text to another. Words that mostly do other work ("and", "as", "that") are left out. */
export const englishConnectives: readonly string[] =
  `because since therefore thus hence so consequently accordingly if then unless otherwise whether when whenever while until till
before after afterwards once first second third firstly secondly thirdly next finally lastly meanwhile but however although though
despite whereas nevertheless nonetheless instead rather yet still also besides moreover furthermore additionally similarly likewise
given suppose assuming namely overall eventually subsequently thereby wherein`.split(/\s+/)

/** Two characters each: a word of Chinese is a pair of character tokens. */
export const chineseConnectives: readonly string[] =
  `因为 所以 因此 因而 由于 从而 于是 既然 可见 如果 假如 假设 要是 只要 只有 除非 否则 那么 虽然 尽管 即使 但是 可是 不过 然而 却是
反而 而是 首先 其次 然后 接着 最后 随后 之后 之前 同时 此外 另外 并且 而且 况且 甚至 例如 比如 总之 综上 无论 不管 以便`.split(
    /\s+/,
  )
