//! Markdown and the HTML that it becomes.

use super::safety::undrawn;

fn html(markdown: &str) -> String {
    let blocks = porthole_markdown::render(markdown);
    for (place, block) in (0..).zip(&blocks) {
        assert_eq!(block.key, place, "keys count from 0");
    }
    blocks.into_iter().map(|block| block.html).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(markdown: &str, expected: &str) {
    assert_eq!(undrawn(&html(markdown)), expected, "{markdown:?}");
}

#[test]
fn blocks() {
    check("", "");
    check("a\nb", "<p>a\nb</p>");
    check("a  \nb", "<p>a<br>b</p>");
    check("# One\n\nTwo\n---\n***", "<h1>One</h1>\n<h2>Two</h2>\n<hr>");
    check("> a\n>\n> - b", "<blockquote><p>a</p><ul><li>b</li></ul></blockquote>");
    check("- a\n- b\n\n3. c", "<ul><li>a</li><li>b</li></ul>\n<ol start=\"3\"><li>c</li></ol>");
    check("- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>");
    check(
        "- [ ] a\n- [x] b\n- c",
        "<ul><li class=\"task\"><input type=\"checkbox\" disabled> a</li>\
         <li class=\"task\"><input type=\"checkbox\" disabled checked> b</li><li>c</li></ul>",
    );
    check(
        "> [!NOTE]\n> a\n\n> [!CAUTION]\n> b",
        "<blockquote class=\"alert alert-note\"><p>a</p></blockquote>\n\
         <blockquote class=\"alert alert-caution\"><p>b</p></blockquote>",
    );
}

#[test]
fn inline() {
    check(
        "*a* **b** ~~c~~ `d < e`",
        "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d &lt; e</code></p>",
    );
    check("a & b &copy; \\* \u{0}", "<p>a &amp; b © * \u{FFFD}</p>");
    check("a\\\nb", "<p>a<br>b</p>");
}

#[test]
fn tables() {
    check(
        "|a|b|c|\n|:-|:-:|-:|\n|1|`x\\|y`|3|\n|4|",
        "<div class=\"table\"><table><thead><tr><th align=\"left\">a</th><th align=\"center\">b</th><th align=\"right\">c</th></tr></thead>\
         <tbody><tr><td align=\"left\">1</td><td align=\"center\"><code>x|y</code></td><td align=\"right\">3</td></tr>\
         <tr><td align=\"left\">4</td><td align=\"center\"></td><td align=\"right\"></td></tr></tbody></table></div>",
    );
    // The column of a phrase must not become a word wide.
    check(
        "|a|b|\n|:-|-|\n|for *trying* things out|free|",
        "<div class=\"table\"><table><thead><tr><th align=\"left\">a</th><th>b</th></tr></thead>\
         <tbody><tr><td class=\"wide\" align=\"left\">for <em>trying</em> things out</td><td>free</td></tr></tbody></table></div>",
    );
}

#[test]
fn raw_html_is_text() {
    check("a <b>c</b> <!-- d -->", "<p>a &lt;b&gt;c&lt;/b&gt; &lt;!-- d --&gt;</p>");
    check(
        "<div onclick=\"x()\">\n*a*\n</div>\n\nb",
        "<p>&lt;div onclick=&quot;x()&quot;&gt;<br>*a*<br>&lt;/div&gt;</p>\n<p>b</p>",
    );
}

#[test]
fn links() {
    check(
        "[a *b*](https://example.com/?a=1&b=\"2\" \"title\")",
        "<p><a href=\"https://example.com/?a=1&amp;b=%222%22\" rel=\"noopener noreferrer\">a <em>b</em></a></p>",
    );
    check("<mailto:a@b.c>", "<p><a href=\"mailto:a@b.c\" rel=\"noopener noreferrer\">mailto:a@b.c</a></p>");
    check("<a@b.c>", "<p><a href=\"mailto:a@b.c\" rel=\"noopener noreferrer\">a@b.c</a></p>");
    check(
        "[x](javascript:alert&#40;1&#41;) [y](#top) [z](<a b>)",
        "<p><span class=\"link-refused\" title=\"javascript:alert(1)\">x</span> \
         <span class=\"link-refused\" title=\"#top\">y</span> <span class=\"link-refused\" title=\"a b\">z</span></p>",
    );
    check(
        "[a][b] [B] [c]\n\n[b]: https://b.c",
        "<p><a href=\"https://b.c\" rel=\"noopener noreferrer\">a</a> <a href=\"https://b.c\" rel=\"noopener noreferrer\">B</a> [c]</p>",
    );
}

#[test]
fn bare_addresses() {
    check(
        "See https://a.b/c_d_e(f). And (www.a.b).",
        "<p>See <a href=\"https://a.b/c_d_e(f)\" rel=\"noopener noreferrer\">https://a.b/c_d_e(f)</a>. \
         And (<a href=\"https://www.a.b\" rel=\"noopener noreferrer\">www.a.b</a>).</p>",
    );
    check("`https://a.b`", "<p><code>https://a.b</code></p>");
    check(
        "[https://a.b](https://c.d)",
        "<p><a href=\"https://c.d\" rel=\"noopener noreferrer\">https://a.b</a></p>",
    );
}

#[test]
fn images_are_not_fetched() {
    check(
        "![a *b* `c`](https://Example.com/x.png \"t\")",
        "<p><span class=\"image-blocked\" data-src=\"https://Example.com/x.png\" data-host=\"example.com\">a b c</span></p>",
    );
    check("![alt](data:image/png;base64,AAAA) ![b](x.png)", "<p>alt b</p>");
    check(
        "[![a](https://a.b/c.png)](https://d.e)",
        "<p><a href=\"https://d.e\" rel=\"noopener noreferrer\">\
         <span class=\"image-blocked\" data-src=\"https://a.b/c.png\" data-host=\"a.b\">a</span></a></p>",
    );
}

#[test]
fn footnotes() {
    check(
        "a[^x] b[^y] c[^x] d[^none]\n\n[^y]: Why\n[^x]: Ex *1*\n[^z]: Unused",
        "<p>a<sup class=\"footnote\">1</sup> b<sup class=\"footnote\">2</sup> c<sup class=\"footnote\">1</sup> d[^none]</p>\n\
         <section class=\"footnotes\"><ol><li><p>Ex <em>1</em></p></li><li><p>Why</p></li><li><p>Unused</p></li></ol></section>",
    );
}

#[test]
fn formulas() {
    check("$a<b$ costs $5 or $6", "<p><span class=\"math\">a&lt;b</span> costs $5 or $6</p>");
    check(r"a \( x_1 * y_2 * z \) b", "<p>a <span class=\"math\">x_1 * y_2 * z</span> b</p>");
    check("$$\nx = y\n$$", "<div class=\"math\">x = y</div>");
    check("\\[\nx \\\\ y\n\\]", "<div class=\"math\">x \\\\ y</div>");
    check("a\n$$x$$\nb", "<p>a</p><div class=\"math\">x</div><p>\nb</p>");
    check("a $$x$$ b", "<p>a <span class=\"math\">x</span> b</p>");
    check("$\\unheard{of}$", "<p><span class=\"math source\">\\unheard{of}</span></p>");
    check("`\\(x\\)` \\(", "<p><code>\\(x\\)</code> (</p>");
    check(
        "```\n\\[x\\]\n```",
        "<figure class=\"code\" data-language=\"\"><pre><code>\\[x\\]\n</code></pre></figure>",
    );
}

#[test]
fn emphasis_in_chinese_and_japanese() {
    check("**中文**。", "<p><strong>中文</strong>。</p>");
    check("**中文（注）**后", "<p><strong>中文（注）</strong>后</p>");
    check("**中文（注）**后面**强**调", "<p><strong>中文（注）</strong>后面<strong>强</strong>调</p>");
    check("他说**“你好”**然后走", "<p>他说<strong>“你好”</strong>然后走</p>");
    check("**注意：**请看*《书》*吧", "<p><strong>注意：</strong>请看<em>《书》</em>吧</p>");
    check("これは**`code`**です", "<p>これは<strong><code>code</code></strong>です</p>");
    check("`**（）**文`", "<p><code>**（）**文</code></p>");
}

#[test]
fn code() {
    check("    a < b", "<figure class=\"code\" data-language=\"\"><pre><code>a &lt; b</code></pre></figure>");
    check(
        "```rust,ignore\nlet a = \"x\"; // c\n```",
        "<figure class=\"code\" data-language=\"rust\"><pre><code><span class=\"hl-keyword\">let</span> a \
         <span class=\"hl-operator\">= </span><span class=\"hl-string\">&quot;x&quot;</span>\
         <span class=\"hl-punctuation\">; </span><span class=\"hl-comment\">// c</span>\n</code></pre></figure>",
    );
    check(
        "~~~\"><script>\n<b>\n~~~",
        "<figure class=\"code\" data-language=\"&quot;&gt;&lt;script&gt;\"><pre><code>&lt;b&gt;\n</code></pre></figure>",
    );
}
