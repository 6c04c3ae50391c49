/** A set that forgets what was added longest ago once it holds `most` values. */
export class Recent<Value> {
  readonly #values = new Set<Value>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  add(value: Value): void {
    this.#values.delete(value)
    this.#values.add(value)
    if (this.#values.size <= this.#most) return
    for (const oldest of this.#values) {
      this.#values.delete(oldest)
      return
    }
  }

  has(value: Value): boolean {
    return this.#values.has(value)
  }
}
