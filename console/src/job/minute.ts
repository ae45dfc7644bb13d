import { ref } from 'vue'

/** The time now, to a few seconds: ages need no more. */
export const minute = ref(Date.now())
setInterval(() => {
  minute.value = Date.now()
}, 5_000)
