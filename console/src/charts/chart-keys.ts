interface Moves {
  /** A share of the range, negative to the left. */
  move: (share: number) => void
  pan: (share: number) => void
  zoom: (factor: number) => void
  reset: () => void
}

/** Keys of a chart that has the focus: arrows move along the steps, with Shift the range; + and - zoom, 0 and Escape reset. */
export function chartKeys({ move, pan, zoom, reset }: Moves): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const along = event.shiftKey ? (sign: number) => pan(sign * 0.25) : (sign: number) => move(sign * 0.01)
    const actions: Record<string, () => void> = {
      ArrowLeft: () => along(-1),
      ArrowRight: () => along(1),
      Home: () => move(-1),
      End: () => move(1),
      '+': () => zoom(0.5),
      '=': () => zoom(0.5),
      '-': () => zoom(2),
      '0': reset,
      Escape: reset,
    }
    const action = actions[event.key]
    if (!action) return
    event.preventDefault()
    action()
  }
}
