import { onBeforeUnmount, type Ref, ref } from 'vue'

interface Handlers {
  hover: (pixel: number | undefined) => void
  select: (left: number, right: number) => void
  wheel: (pixel: number, factor: number) => void
  reset: () => void
}

/** What the pointer does on a chart: hovers, draws a range, turns the wheel, resets by a double click. Pixels from the left edge. */
export function usePointer(element: Ref<HTMLElement | null>, handlers: Handlers) {
  const selection = ref<{ left: number; right: number }>()
  let start: number | undefined
  const pixelOf = (event: MouseEvent) => event.clientX - (element.value?.getBoundingClientRect().left ?? 0)

  function down(event: PointerEvent): void {
    if (event.button !== 0 || event.pointerType === 'touch') return
    start = pixelOf(event)
    element.value?.setPointerCapture(event.pointerId)
  }
  function move(event: PointerEvent): void {
    const pixel = pixelOf(event)
    handlers.hover(pixel)
    if (start === undefined) return
    const isDrag = Math.abs(pixel - start) > 4
    selection.value = isDrag ? { left: Math.min(start, pixel), right: Math.max(start, pixel) } : undefined
  }
  function up(): void {
    if (selection.value) handlers.select(selection.value.left, selection.value.right)
    stop()
  }
  function stop(): void {
    start = undefined
    selection.value = undefined
  }
  function leave(): void {
    if (start === undefined) handlers.hover(undefined)
  }
  // Without focus or a key the wheel scrolls the page: a page of charts must not hold the reader.
  function wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.shiftKey && document.activeElement !== element.value) return
    event.preventDefault()
    const turned = event.deltaY === 0 ? event.deltaX : event.deltaY
    handlers.wheel(pixelOf(event), Math.exp(Math.max(-1, Math.min(1, turned / 200))))
  }
  onBeforeUnmount(stop)
  return { selection, on: { down, move, up, stop, leave, wheel, reset: handlers.reset } }
}
