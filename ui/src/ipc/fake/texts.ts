/** An answer with everything a reply can hold. */
export const richAnswer = `A ring buffer fits well here. It keeps the newest **n** values, never allocates after start, and both ends move in constant time.

## How it works

1. Two counters only ever grow: \`head\` for writing, \`tail\` for reading.
2. The slot is the counter modulo the capacity, so wrapping costs one division.
3. The buffer is full when \`head - tail\` equals the capacity.

\`\`\`rust
pub struct Ring<T, const N: usize> {
    slots: [Option<T>; N],
    head: usize,
    tail: usize,
}

impl<T, const N: usize> Ring<T, N> {
    /// Adds a value and hands back the oldest one when the ring was full.
    pub fn push(&mut self, value: T) -> Option<T> {
        let full = self.head - self.tail == N;
        let oldest = if full { self.pop() } else { None };
        self.slots[self.head % N] = Some(value);
        self.head += 1; // never wraps in practice: 2^64 pushes
        oldest
    }
}
\`\`\`

The choice of capacity decides how it behaves under load:

| Capacity | Memory | Longest burst | Lost at 10 kHz |
|---|---|---|---|
| 256 | 4 KB | 26 ms | often |
| 4,096 | 64 KB | 410 ms | rarely |
| 65,536 | 1 MB | 6.5 s | never seen |

> A power of two lets the compiler turn the modulo into a mask.

What is left to do:

- [x] Decide who owns the oldest value
- [ ] Measure with the real sensor, not with a loop
- [ ] Read [the note on false sharing](https://example.com/false-sharing) before making it concurrent

![Diagram of a ring buffer](https://images.example.com/ring.png)`

/** What a thinking model says to itself before {@link richAnswer}. */
export const thinkingText = `The person wants a fixed-size queue in Rust. First question: do they need it across threads? They said one sensor and one reader in the same loop, so no.

Const generics keep the capacity in the type. Option<T> slots avoid unsafe code, at the cost of a discriminant per slot. That is fine for small values; I should say so only if asked.

Overflow: two usize counters that only grow. On 64 bits they cannot wrap in any realistic time. On 32 bits at 10 kHz they would wrap after five days; head - tail with wrapping_sub stays right as long as N divides 2^32.

I should show push in full, mention pop, and give a small table for choosing the capacity. Keep it short.`

export const shortAnswer = `Yes. Both run the same weights; the difference is where the work happens.

On this computer nothing leaves the machine and there is no price per token, but the context is limited by memory. The hosted model reads up to a million tokens and answers faster, and each request is billed.`

export const longQuestion = `Here is the log from last night. Can you tell me what went wrong?

${Array.from({ length: 22 }, (_, i) => `02:${String(10 + i)}:07 sensor-${i % 4} read ${180 + i * 3} bytes, queue ${i * 11}/256, dropped ${Math.max(0, i - 14)}`).join('\n')}`

export const chineseQuestion = '请用中文解释一下环形缓冲区，最好有一个小例子。'

export const chineseAnswer = `**环形缓冲区**是一个固定大小的队列：写满之后，新数据会覆盖最旧的数据。它在启动后不再分配内存，读写都是常数时间。

## 工作方式

1. \`head\` 记录写入的位置，\`tail\` 记录读取的位置，两者只增不减。
2. 实际下标是计数对容量取余，因此“绕回”只需一次除法。
3. 当 \`head - tail\` 等于容量时，缓冲区已满。

\`\`\`rust
let mut ring: Ring<u32, 4> = Ring::new();
ring.push(1);
assert_eq!(ring.pop(), Some(1));
\`\`\`

| 容量 | 内存 | 最长突发 |
|---|---|---|
| 256 | 4 KB | 26 毫秒 |
| 4,096 | 64 KB | 410 毫秒 |

容量取 2 的幂时，编译器可以把取余换成按位与。`
