/** The time now, read anew every so many milliseconds while a component shows it. */
export function clock(everyMs: number): { readonly now: number } {
  let now = $state.raw(Date.now())
  $effect(() => {
    const timer = setInterval(() => (now = Date.now()), everyMs)
    return () => clearInterval(timer)
  })
  return {
    get now() {
      return now
    },
  }
}
