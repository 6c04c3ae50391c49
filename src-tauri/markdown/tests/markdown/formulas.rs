//! Formulas as `MathML`.

use porthole_markdown::render;
use proptest::prelude::*;

use super::safety::{assert_safe, undrawn};

fn html(markdown: &str) -> String {
    render(markdown).into_iter().map(|block| block.html).collect()
}

#[track_caller]
fn check(latex: &str, drawn: &str) {
    let html = html(&format!("${latex}$"));
    assert_safe(&html);
    let start = html.find("<semantics>").unwrap_or_else(|| panic!("{latex} is not drawn: {html}"));
    let end = html.find("<annotation").unwrap_or_else(|| panic!("no LaTeX in {html}"));
    assert_eq!(&html[start + "<semantics>".len()..end], format!("<mrow>{drawn}</mrow>"), "{latex}");
}

#[test]
fn are_drawn() {
    check(r"\frac{a}{b}", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>");
    check("a < b > c", "<mi>a</mi><mo>&lt;</mo><mi>b</mi><mo>&gt;</mo><mi>c</mi>");
    check(r"\color{red} x", "<mi mathcolor=\"#ff0000\">x</mi>");
    check(r"\text{if } x", "<mtext>if\u{a0}</mtext><mi>x</mi>");
    check(r"\bm{x}", "<mrow><mi>𝒙</mi></mrow>");
    check(
        r"\begin{pmatrix}1&2\end{pmatrix}",
        "<mrow><mo stretchy=\"true\">(</mo><mtable class=\"menv-arraylike\"><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn>\
         </mtd></mtr></mtable><mo stretchy=\"true\">)</mo></mrow>",
    );
}

/// What models write is drawn, not shown as it was written.
#[test]
fn that_models_write_are_drawn() {
    for latex in [
        r"\epsilon = \frac{1}{\sqrt{n}}",
        r"\begin{aligned} a &= b + c \\[4pt] &= d \end{aligned}",
        r"\begin{align*} a &= b \\ c &= d \end{align*}",
        r"\begin{align} a &= b \label{eq} \\ c &= d \nonumber \end{align}",
        r"\begin{gather} x \\ y \end{gather}",
        r"\begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
        r"\begin{bmatrix} 1 & \cdots & n \\ \vdots & \ddots & \vdots \end{bmatrix}",
        r"\begin{array}{c|c} a & b \\ \hline c & d \end{array}",
        r"\sum_{i=1}^{n} i^2 = \prod\limits_{k} \int_0^\infty e^{-x^2}\,dx",
        r"\operatorname*{arg\,max}_{\theta} \mathbb{E}_{x \sim p}\left[ \log p_\theta(x) \right]",
        r"\mathcal{L}(\theta) = -\log \sigma\!\left(\beta \log \frac{\pi_\theta(y_w|x)}{\pi_{ref}(y_w|x)}\right)",
        r"\lim_{x \to 0} \frac{\sin x}{x} = 1 \quad \forall x \in \mathbb{R} \setminus \{0\}",
        r"\underbrace{a + b}_{n} \overset{!}{=} \binom{n}{k} \pmod{p}",
        r"\left\lVert \mathbf{x} \right\rVert_2 \le \lvert y \rvert, \ \hat{y}, \vec{v}, \dot{q}",
        r"\frac{\partial f}{\partial x} \nabla \cdot \mathbf{E} = \frac{\rho}{\varepsilon_0}",
        r"P(A \mid B) = \frac{P(B \mid A)\,P(A)}{P(B)} \tag{1}",
        r"\boxed{x = 2}",
        r"f'(x) \approx \frac{f(x+h) - f(x)}{h}, \text{其中 } h \ll 1",
        r"x = 1 \\ y = 2",
        r"x &= 1 \\ y &= 2",
        r"O(n \log n) \implies \mathrm{NP} \iff \mathscr{F}",
    ] {
        for markdown in [format!("$${latex}$$"), format!("\\[\n{latex}\n\\]")] {
            let html = html(&markdown);
            assert_safe(&html);
            assert!(html.contains("<math"), "{markdown}");
            assert!(!html.contains(" source"), "{markdown}");
        }
    }
}

#[test]
fn that_cannot_be_read_show_their_source() {
    for latex in [
        r"\unheard{of}",
        r"\frac{a}",
        r"\left( x",
        r"a_1_2",
        r"\def\a{\a\a}\a",
        r"\href{javascript:alert(1)}{x}",
        r"\operatorname{<img src=x onerror=alert(1)>}",
        &r"\sqrt".repeat(1000),
        &"{".repeat(20).repeat(2),
        &format!("x{}", "+x".repeat(5000)),
    ] {
        let html = html(&format!("$${latex}$$"));
        assert_safe(&html);
        assert!(!html.contains("<math"), "{html}");
    }
}

/// What can stand in a formula, to be put together in any order.
fn anything() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "x",
        "1",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "^",
        "_",
        "&",
        "\\\\",
        "'",
        "<",
        ">",
        "%",
        "#",
        "~",
        " ",
        "中",
        "\"",
        "|",
        "\\frac",
        "\\sqrt",
        "\\left",
        "\\right",
        "\\middle",
        "\\begin{matrix}",
        "\\end{matrix}",
        "\\begin{align}",
        "\\end{align}",
        "\\begin{array}{c|c}",
        "\\end{array}",
        "\\begin{cases}",
        "\\end{cases}",
        "\\hline",
        "\\text",
        "\\mathbf",
        "\\not",
        "\\limits",
        "\\color{red}",
        "\\colorbox{red}",
        "\\genfrac",
        "\\substack",
        "\\sideset",
        "\\operatorname",
        "\\hspace{1em}",
        "\\kern1pt",
        "\\big",
        "\\displaystyle",
        "\\overset",
        "\\underbrace",
        "\\prime",
        "\\tag{1}",
        "\\label",
        "\\bm",
        "\\mathop",
        "\\buildrel",
        "\\over",
        "\\atop",
        "\\char",
        "\\relax",
        "\\cr",
        "\\\"",
        "\\xrightarrow",
        "\\boxed",
        "\\$",
        "\\{",
        "\\}",
        "\\|",
        "\\,",
    ]);
    prop::collection::vec(word, 0..40).prop_map(|words| words.join(""))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever stands between dollars has a result that is safe, and keeps its source.
    #[test]
    fn any_formula_is_safe(latex in anything()) {
        let html = html(&format!("\\[x{latex}\\]"));
        assert_safe(&html);
        let _ = undrawn(&html);
    }
}
