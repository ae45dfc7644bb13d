import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Check } from '../../../schemas/preflight.ts'

export type StatusChoice = Check['status'] | 'all'

/** Which checks are wanted, kept in the address so that a link shows what was seen. */
export function useStatusFilter(): WritableComputedRef<StatusChoice> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () =>
      ['fail', 'warn', 'pass'].includes(String(route.query.show)) ? (route.query.show as StatusChoice) : 'all',
    set: (choice) => {
      void router.replace({ query: choice === 'all' ? {} : { show: choice } })
    },
  })
}
