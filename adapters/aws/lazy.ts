/** Runs `load` at the first call; one that fails is tried again at the next. */
export function once<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loading: Promise<Value> | undefined
  return () => {
    loading ??= load().catch((error) => {
      loading = undefined
      throw error
    })
    return loading
  }
}

/** A port whose methods load its driver at the first call. */
export function lazyMethods<Port extends object>(
  methods: readonly (keyof Port & string)[],
  load: () => Promise<Port>,
): Port {
  const driver = once(load)
  const delegate =
    (method: keyof Port) =>
    async (...given: unknown[]) =>
      ((await driver())[method] as (...given: unknown[]) => unknown)(...given)
  return Object.fromEntries(methods.map((method) => [method, delegate(method)])) as Port
}
