import type { DatasetReport } from '../../../schemas/dataset.ts'

const prefix = 'difficulty_'

/** The columns of a report by what they tell: what the rows are, and how hard they are. */
export function groupColumns(report: Pick<DatasetReport, 'columns' | 'categories'>) {
  const columns = Object.entries(report.columns)
  const categories = Object.entries(report.categories).filter(([, tally]) => Object.keys(tally).length > 0)
  return {
    columns: columns.filter(([name]) => !name.startsWith(prefix)),
    categories: categories.filter(([name]) => name !== 'difficulty'),
    difficulty: {
      columns: columns
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, distribution]) => ({ name: titleOf(name.slice(prefix.length)), distribution })),
      tally: categories.find(([name]) => name === 'difficulty')?.[1],
    },
  }
}

const titles: Record<string, string> = {
  len: 'tokens',
  hops: 'tool calls (hops)',
  ents: 'distinct entities',
  ops: 'arithmetic steps',
  conn: 'connectives per word',
  clue_overlap: 'clue overlap',
}

function titleOf(feature: string): string {
  return titles[feature] ?? feature
}
