//! What is talked about in the pictures.

use porthole_core::domain::Code;

/// Every way in which a reply fails.
pub(crate) const CODES: [Code; 17] = [
    Code::Unauthorized,
    Code::PaymentRequired,
    Code::Forbidden,
    Code::NotFound,
    Code::TooLarge,
    Code::InvalidRequest,
    Code::ContextOverflow,
    Code::RateLimited,
    Code::ServerError,
    Code::Overloaded,
    Code::Unreachable,
    Code::Timeout,
    Code::CutOff,
    Code::Malformed,
    Code::EmptyReply,
    Code::LengthLimit,
    Code::Locked,
];

/// The first messages of a month.
pub(crate) const QUESTIONS: [&str; 30] = [
    "Why is a B-tree page split at the middle?",
    "Rewrite this query without the correlated subquery",
    "什么是前缀缓存？",
    "Draft a reply to the hosting company about the outage",
    "Explain borrow checking as to someone who knows C++",
    "Compare LSM trees and B-trees for write-heavy loads",
    "Fix the flaky integration test in payments",
    "How do I get 逐字稿 out of a two-hour recording?",
    "Regex for ISO 8601 durations",
    "Plan a week of meals without gluten",
    "What does SIGPIPE mean for a pipeline?",
    "Review this Dockerfile",
    "Translate the release notes into German",
    "Summarise the RFC on HTTP caching",
    "Name five good papers on consensus",
    "Write a haiku about compilers",
    "Debug: tokio task never wakes",
    "Which licence fits a library used by companies?",
    "帮我润色这封邮件",
    "Interview questions for a database engineer",
    "Estimate the cost of moving 4 TB to object storage",
    "Make this changelog readable",
    "Why does the page reflow when the font arrives?",
    "Convert this Makefile to just",
    "Is a rate limit of 60 per minute shared by keys?",
    "Sketch a schema for conversation trees",
    "Unit tests for the tokenizer",
    "What changed between TLS 1.2 and 1.3?",
    "Simplify this function",
    "Hello",
];

/// What the model thinks before it answers.
pub(crate) const THINKING: &str = "The user asks which of two forms is right. Let me look at both. The first one \
leaves the error unhandled, which the compiler would accept but a reader would not.\n\nThe second form handles it, and \
it is no longer. So the second form it is, with a note on why.";

/// Name, question and answer of a chat for each kind of text.
pub(crate) fn replies() -> Vec<(&'static str, String, String)> {
    let one = |name, question: &str, answer: &str| (name, question.to_owned(), answer.to_owned());
    vec![
        one("mixed", "How does a B-tree grow?", MIXED),
        one("code", "Write a parser", &format!("Here it is.\n\n```python\n{}```\n", CODE.repeat(6))),
        one("table", "Compare the plans", TABLE),
        one("list", "What should I pack?", LIST),
        one("cjk", "什么是前缀缓存？", CJK),
        one("rtl", "اشرح لي الفهرس", RTL),
        one("formulas", "How is variance defined?", FORMULAS),
        one("images", "Show me the diagram", IMAGES),
        one(
            "long-question",
            &"Please read this line of the log and say what you think.\n".repeat(30),
            "Nothing is wrong.",
        ),
    ]
}

const MIXED: &str = r"## How a page splits

A B-tree page holds **sorted keys**. When one more key does not fit, the page is split:

1. Half of the keys move to a new page.
2. The *middle* key goes up to the parent.
3. If the parent is full, the same happens there.

> The tree grows at the root, so all leaves stay at the same depth.

```rust
fn split(page: &mut Page) -> (Key, Page) {
    let middle = page.keys.len() / 2;
    let right = page.keys.split_off(middle + 1); // the upper half
    (page.keys.pop().unwrap(), Page { keys: right })
}
```

| Operation | Pages read | Pages written |
|---|---:|---:|
| Search | 3 | 0 |
| Insert | 3 | 1–4 |

See [the original paper](https://dl.acm.org/doi/10.1145/1734663.1734671) for the proof, and `PRAGMA page_size` to try it.
";

const CODE: &str = r#"def parse(tokens, position=0):
    """Read one expression and say where it ends."""
    token = tokens[position]
    if token == "(":
        items = []
        while tokens[position + 1] != ")":
            item, position = parse(tokens, position + 1)
            items.append(item)
        return items, position + 1
    return token, position

"#;

const TABLE: &str = "| Plan | Requests per minute | Tokens per day | Price per month | Support | Region | Notes |\n\
|---|---:|---:|---:|---|---|---|\n\
| Free | 10 | 100,000 | 0.00 | Forum only | One | For trying things out |\n\
| Team | 600 | 20,000,000 | 49.00 | E-mail within one working day | Three | Shared between up to ten people |\n\
| Enterprise | 6,000 | unlimited | on request | Telephone at any hour | All | With a contract of one year |\n";

const LIST: &str = "Pack light:\n\n- Clothes\n  - two shirts\n  - one warm layer\n    - wool is best\n- Papers\n  1. passport\n  2. tickets\n- [x] Charger\n- [ ] Adapter\n\nAnd leave the rest.";

const CJK: &str = "**前缀缓存**会保存提示词开头已经计算过的部分。下一次请求如果以同样的内容开头，就不必重新计算，价格也更低。\n\n1. 把不变的内容放在最前面。\n2. 把经常变化的内容放在最后。\n\n```python\n# 这是注释：缓存命中率\nrate = cached / prompt\n```\n\n> 缓存以 64 个 token 为单位。\n";

const RTL: &str = "**الفهرس** بنية تساعد قاعدة البيانات على العثور على الصفوف بسرعة.\n\n- يُخزَّن مرتبًا حسب المفتاح.\n- يحتاج إلى مساحة إضافية.\n\nالأمر `CREATE INDEX` ينشئ فهرسًا جديدًا.";

const FORMULAS: &str = "The variance is $\\sigma^2 = \\frac{1}{n} \\sum_{i=1}^{n} (x_i - \\mu)^2$, where $\\mu$ is the mean.\n\n$$\n\\mu = \\frac{1}{n} \\sum_{i=1}^{n} x_i\n$$\n\nIt costs $5 to $10.\n\n\\[\n\\begin{aligned}\n\\nabla \\cdot \\mathbf{E} &= \\frac{\\rho}{\\varepsilon_0} \\\\\n\\oint_{\\partial\\Sigma} \\mathbf{B} \\cdot d\\boldsymbol{\\ell} &= \\mu_0 \\left( I + \\varepsilon_0 \\frac{d\\Phi_E}{dt} \\right)\n\\end{aligned}\n\\]\n\nWith $A = \\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}$ the sign is\n\n$$\\unheard{of}(x) = 1$$\n\n$$\\operatorname{sgn}(x) = \\begin{cases} -1 & \\text{if } x < 0 \\\\ 1 & \\text{otherwise} \\end{cases} \\qquad x = \\sqrt[3]{\\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}} \\tag{1}$$";

const IMAGES: &str = "Here it is:\n\n![The tree after the split](https://images.example.com/b-tree.png)\n\nMore at <https://example.com/a/very/long/path/that/goes/on/and/on/index.html?and=a&query=too>.";
