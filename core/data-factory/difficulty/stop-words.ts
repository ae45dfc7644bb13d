/** Words that say nothing of what a question is about. */
export const englishStopWords: readonly string[] =
  `a about above after again against all also am an and any are aren as at be because been before being below between both but by can
cannot could couldn d did didn do does doesn doing don down during each either else every few for from further had hadn has hasn
have haven having he her here hers herself him himself his how however i if in into is isn it its itself just ll m may me might
more most much must my myself no nor not now of off on once one only or other our ours ourselves out over own re s same shall she
should shouldn so some such t than that the their theirs them themselves then there these they this those through to too under
until up upon us ve very was wasn we were weren what when where which while who whom whose why will with within without won would
wouldn you your yours yourself yourselves`.split(/\s+/)

/** Single characters, for each Chinese character is a token. */
export const chineseStopWords: readonly string[] = [
  ...'的了是在和与及或也都就还又而且但却把被让给对向从到于以为之其这那哪此彼个些吗呢吧啊呀么什么怎谁几多少我你他她它们有没不无很更最会能可要想说上下里中时等着过得地所',
]
