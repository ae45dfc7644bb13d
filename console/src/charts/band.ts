interface RenderApi {
  coord: (value: [number, number]) => [number, number]
}
type Edge = [x: number, min: number, max: number]

/** From least to greatest of each bucket, as one shape per stretch without a gap. */
export function band(id: string, data: Edge[], colour: string): object {
  const stretches = stretchesOf(data)
  return {
    id,
    type: 'custom',
    silent: true,
    clip: true,
    animation: false,
    z: 2,
    dimensions: ['x', 'min', 'max'],
    encode: { x: 0, y: [1, 2] },
    data,
    // All shapes hang on the first item: one per bucket would be hundreds of elements.
    renderItem: ({ dataIndex }: { dataIndex: number }, api: RenderApi) =>
      dataIndex > 0
        ? undefined
        : {
            type: 'group',
            children: stretches.map((stretch) => ({
              type: 'polygon',
              silent: true,
              shape: { points: outline(stretch, api) },
              style: { fill: colour, opacity: 0.18 },
            })),
          },
  }
}

function stretchesOf(data: readonly Edge[]): Edge[][] {
  const stretches: Edge[][] = [[]]
  for (const edge of data)
    if (Number.isNaN(edge[1]) || Number.isNaN(edge[2])) stretches.push([])
    else stretches.at(-1)?.push(edge)
  return stretches.filter(({ length }) => length > 1)
}

function outline(stretch: readonly Edge[], api: RenderApi): [number, number][] {
  return [
    ...stretch.map(([x, , max]) => api.coord([x, max])),
    ...stretch.toReversed().map(([x, min]) => api.coord([x, min])),
  ]
}
