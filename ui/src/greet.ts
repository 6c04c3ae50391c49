import type { Porthole } from './state/porthole.svelte'
import { moment } from './words/numbers'
import { words } from './words/words.svelte'

/** Says what a person has to know before anything else. */
export function greet(porthole: Porthole): void {
  const { begin, notices, view } = porthole
  const { catalogue_problem, clock_behind_ms, crashed, lock_unreadable, moved_from, recovered } = begin
  if (recovered > 0) notices.show(() => words().app.recovered(recovered))
  if (lock_unreadable)
    notices.show(() => words().lock.unreadable, {
      say: () => words().app.openPrivacy,
      run: () => view.openSettings('privacy'),
    })
  if (crashed) notices.show(() => words().app.crashed)
  if (clock_behind_ms > 60_000) {
    const newest = Date.now() + clock_behind_ms
    notices.show(() => words().app.clockBehind(moment(newest)))
  }
  if (catalogue_problem !== null) notices.show(() => words().app.catalogueProblem(catalogue_problem))
  if (moved_from !== null)
    notices.show(() => words().app.moved(moved_from), {
      say: () => words().app.openData,
      run: () => view.openSettings('data'),
    })
}
