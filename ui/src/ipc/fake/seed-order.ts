import type { FakeHistory } from './history'
import type { FakeOrder } from './order'

/** Puts the seeded chats into folders, above others, away and into the trash. */
export function seedOrder(history: FakeHistory, order: FakeOrder): void {
  order.make('Reading group', null, 'f1')
  order.make('Workshop', null, 'f2')
  history.change('c2', { folder: 'f2' })
  history.change('c4', { folder: 'f2', tags: ['rust', 'sensors'] })
  history.change('c1', { pinned: true, tags: ['rust'] })
  history.change('c7', { pinned: true })
  history.change('c5', { archived: true })
  history.change('c6', { deleted_at_ms: Date.now() - 3 * 86_400_000 })
  history.change('c8', { deleted_at_ms: Date.now() - 86_400_000 })
}

/** A chat of ten thousand messages, called "huge". */
export function seedHuge(history: FakeHistory): void {
  history.make('Ten thousand messages', Date.now(), { server: 'ollama', model: 'qwen3:14b' }, 'huge')
  for (let at = 0; at < 5000; at += 1) {
    history.add('huge', 'user', `Question ${at}: and what then?`)
    history.add('huge', 'assistant', `Answer ${at}: then it goes on.`, {
      model: 'qwen3:14b',
      server: 'Ollama',
    })
  }
}
