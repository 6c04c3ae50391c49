import type { Effort, Model, Sampling } from '../ipc/core'

const all: readonly Effort[] = ['off', 'low', 'high', 'max']

type Thinks = Pick<Model, 'efforts' | 'default_effort' | 'ignored'>

/** The efforts to choose from; all of them where nobody knows, none where the model does not think. */
export function effortsOf(model: Thinks | null): readonly Effort[] {
  return model?.efforts ?? all
}

/** The effort a model really works with when this one is asked for; null where that is unknown. */
export function effective(model: Thinks | null, asked: Effort | null): Effort | null {
  const efforts = effortsOf(model)
  if (efforts.length === 0) return 'off'
  if (efforts.length === 1) return efforts[0] ?? null
  if (asked !== null && efforts.includes(asked)) return asked
  return model?.default_effort ?? null
}

/** Whether it thinks then; a model nobody knows counts as one that does. */
export function thinks(model: Thinks | null, asked: Effort | null): boolean {
  return effective(model, asked) !== 'off'
}

/** The sampling fields that have no effect then. */
export function ignoredBy(model: Thinks | null, asked: Effort | null): readonly Sampling[] {
  if (model === null) return []
  return thinks(model, asked) ? model.ignored.thinking : model.ignored.plain
}
