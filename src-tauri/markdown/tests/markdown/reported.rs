//! What people reported of programs like this one.

use std::fs;
use std::path::Path;

use porthole_markdown::{Document, render};

use super::safety::{assert_safe, undrawn};

fn html(markdown: &str) -> String {
    let blocks = render(markdown).into_iter().map(|block| undrawn(&block.html));
    blocks.collect::<Vec<_>>().join("\n")
}

/// What a window shows of a text that comes letter by letter, before its end has been said.
fn arriving(markdown: &str) -> String {
    let mut document = Document::new();
    for character in markdown.chars() {
        document.push(character.encode_utf8(&mut [0; 4]));
        for block in document.patch_since(0).changed {
            assert_safe(&block.html);
        }
    }
    let blocks = document.patch_since(0).changed;
    blocks.into_iter().map(|block| undrawn(&block.html)).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(markdown: &str, expected: &str) {
    assert_eq!(html(markdown), expected, "{markdown:?}");
    // A line's end settles what is at its end.
    assert_eq!(arriving(&format!("{markdown}\n\n")), expected, "arriving: {markdown:?}");
}

fn paragraph(text: &str) -> String {
    format!("<p>{text}</p>")
}

fn formula(text: &str) -> String {
    format!("<span class=\"math\">{text}</span>")
}

fn link(address: &str) -> String {
    let written = address.replace('&', "&amp;").replace('\'', "&#39;");
    format!("<a href=\"{written}\" rel=\"noopener noreferrer\">{written}</a>")
}

fn table(head: &str, rows: &[&str]) -> String {
    let rows = rows.join("</tr><tr>");
    format!(
        "<div class=\"table\"><table><thead><tr>{head}</tr></thead><tbody><tr>{rows}</tr></tbody></table></div>"
    )
}

#[test]
fn m1_dollars_that_are_prices_stay_text() {
    for text in [
        "$0.40 per credit ($25 / month) vs $0.30 per credit ($75 a month)",
        "$5-$10",
        "$5–$6, or US$7/US$8",
        "$.50-$.75",
        "从$5到$10",
        "价格：$5～$10（约$7）",
        "it costs $ 5 or 6 $ a day",
        "$HOME and $PATH",
        "$$5-$$10",
        "$$ - $$",
        "$ – $$ – $$$",
        "($) or ($$) or ($$$)",
        "a $5\nand b$6",
    ] {
        check(text, &paragraph(text));
    }
    check("**$5**-**$10**", "<p><strong>$5</strong>-<strong>$10</strong></p>");
    check(
        "| a | b |\n|---|---|\n| $5–$6 | $7 |\n| $5 | $x$ |",
        &table(
            "<th>a</th><th>b</th>",
            &["<td>$5–$6</td><td>$7</td>", &format!("<td>$5</td><td>{}</td>", formula("x"))],
        ),
    );
    check("- costs $5\n- $x$", &format!("<ul><li>costs $5</li><li>{}</li></ul>", formula("x")));
    check("`$5` and `$6`", "<p><code>$5</code> and <code>$6</code></p>");
    check("costs $5, see `echo $x`", "<p>costs $5, see <code>echo $x</code></p>");
}

#[test]
fn m1_dollars_around_formulas_make_formulas() {
    for text in ["x", "2x+1=0", "\\alpha", "x^2", "a_1*b*c_2", "\\text{if $5}"] {
        check(&format!("a ${text}$ b"), &paragraph(&format!("a {} b", formula(text))));
        check(&format!("设${text}$为"), &paragraph(&format!("设{}为", formula(text))));
        check(&format!("(${text}$), ${text}$."), &format!("<p>({0}), {0}.</p>", formula(text)));
    }
    check("$5 and $x$", &format!("<p>$5 and {}</p>", formula("x")));
    check("$$2x = 1$$", "<div class=\"math\">2x = 1</div>");
    check("$$\n2x = 1\n$$", "<div class=\"math\">2x = 1</div>");
    check("a $$ x $$ b", &paragraph(&format!("a {} b", formula("x"))));
    check("$|x|$ and $\\{y\\}$", &format!("<p>{} and {}</p>", formula("|x|"), formula("\\{y\\}")));
    check("\\(a $ b\\)", "<p><span class=\"math source\">a $ b</span></p>");
}

#[test]
fn m2_an_address_is_one_link_whatever_it_holds() {
    for address in [
        "https://a.b/_/A",
        "https://a.b/m/__init__.py",
        "https://a.b/?x=$1&y=$2",
        "https://a.b/*x*/**y**/z",
        "http://a.b/~~x~~/~y~/z",
        "https://a.b/a_(b)_c",
        "https://a.b/$x$/y",
    ] {
        let link = link(address);
        check(address, &paragraph(&link));
        check(
            &format!("{address} and {address}, or ({address})."),
            &format!("<p>{link} and {link}, or ({link}).</p>"),
        );
        check(
            &format!("**{address}** *{address}*"),
            &format!("<p><strong>{link}</strong> <em>{link}</em></p>"),
        );
        check(&format!("请看{address}。*后*"), &format!("<p>请看{link}。<em>后</em></p>"));
        check(&format!("- _x_ {address}"), &format!("<ul><li><em>x</em> {link}</li></ul>"));
        check(&format!("`{address}`"), &format!("<p><code>{}</code></p>", address.replace('&', "&amp;")));
        check(
            &format!("[*t*]({address})*e*"),
            &format!(
                "<p><a href=\"{}\" rel=\"noopener noreferrer\"><em>t</em></a><em>e</em></p>",
                address.replace('&', "&amp;")
            ),
        );
        let wide = if address.len() > 17 { " class=\"wide\"" } else { "" };
        check(
            &format!("|a|b|\n|-|-|\n|{address}|*b*|"),
            &table("<th>a</th><th>b</th>", &[&format!("<td{wide}>{link}</td><td><em>b</em></td>")]),
        );
    }
    check(
        "www.a.b/_x_/y",
        "<p><a href=\"https://www.a.b/_x_/y\" rel=\"noopener noreferrer\">www.a.b/_x_/y</a></p>",
    );
}

#[test]
fn m2_what_encloses_an_address_is_no_part_of_it() {
    let address = link("https://a.b/x");
    check("**https://a.b/x**中文", &format!("<p><strong>{address}</strong>中文</p>"));
    check("**见 https://a.b/x**（注）", &format!("<p><strong>见 {address}</strong>（注）</p>"));
    check("**https://a.b/x**(note)", &format!("<p><strong>{address}</strong>(note)</p>"));
    check("_https://a.b/x_, *b*", &format!("<p><em>{address}</em>, <em>b</em></p>"));
    check("~~https://a.b/x~~", &format!("<p><del>{address}</del></p>"));
    check("<https://a.b/x>*b*", &format!("<p>{address}<em>b</em></p>"));
    check(
        "[*https://a.b/x*](https://c.d)",
        "<p><a href=\"https://c.d\" rel=\"noopener noreferrer\"><em>https://a.b/x</em></a></p>",
    );
    check(
        "[a]\n\n[a]: https://a.b/_x_/y",
        "<p><a href=\"https://a.b/_x_/y\" rel=\"noopener noreferrer\">a</a></p>",
    );
}

#[test]
fn m3_only_two_tildes_strike() {
    for text in ["~example~", "和 ~保留~", "~5 to ~6", "a~b~c", "~a\nb~", "~/x and ~/y", "约~10~20"] {
        check(text, &paragraph(text));
    }
    check("~~a~~ ~b~", "<p><del>a</del> ~b~</p>");
    check("~~a ~ b~~", "<p><del>a ~ b</del></p>");
    check("~~（删）~~后", "<p><del>（删）</del>后</p>");
    check("`~a~`", "<p><code>~a~</code></p>");
}

#[test]
fn m4_a_break_tag_breaks_the_line() {
    for tag in ["<br>", "<br/>", "<br />", "<BR>"] {
        check(
            &format!("| a |\n|---|\n| one{tag}two{tag}**three** |"),
            &table("<th>a</th>", &["<td>one<br>two<br><strong>three</strong></td>"]),
        );
        check(&format!("one{tag}two"), "<p>one<br>two</p>");
        check(&format!("{tag}\n*a*"), "<p><br><em>a</em></p>");
        let shown = tag.replace('<', "&lt;").replace('>', "&gt;");
        check(&format!("`{tag}`"), &format!("<p><code>{shown}</code></p>"));
    }
    for tag in ["<b>", "<brx>", "<br x>", "</br>", "<hr>", "<br onclick=x>"] {
        check(
            &format!("one{tag}two"),
            &paragraph(&format!("one{}two", tag.replace('<', "&lt;").replace('>', "&gt;"))),
        );
    }
    assert_eq!(arriving("one<br"), "<p>one</p>", "half a tag is not shown");
}

#[test]
fn m5_a_tight_item_keeps_its_lines_as_a_paragraph_does() {
    for lines in ["Address\n12 High Street\nSpringfield", "a *b\nc* d", "`a`\nhttps://a.b\nc"] {
        let within = html(lines);
        let within = within.trim_start_matches("<p>").trim_end_matches("</p>");
        assert!(within.contains('\n'), "a paragraph keeps its lines: {within}");
        check(&format!("- {}", lines.replace('\n', "\n  ")), &format!("<ul><li>{within}</li></ul>"));
        check(
            &format!("1. {}\n2. x", lines.replace('\n', "\n   ")),
            &format!("<ol><li>{within}</li><li>x</li></ol>"),
        );
    }
    let sheet = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/styles/message.css");
    let sheet = fs::read_to_string(sheet).unwrap();
    let rule = sheet.split('}').find(|rule| rule.contains("white-space: pre-line")).unwrap();
    let selector = rule.split('{').next().unwrap().lines().last().unwrap();
    assert!(
        selector.contains('p') && selector.contains("li"),
        "the page keeps the lines of both: {selector}"
    );
}

fn example(language: &str, text: &str) -> bool {
    let blocks = render(text);
    let one = blocks.len() == 1
        && blocks[0].html.starts_with(&format!("<figure class=\"code\" data-language=\"{language}\">"));
    one && blocks[0].html.matches("<figure").count() == 1
}

#[test]
fn m6_an_example_of_markdown_ends_with_the_fence_that_balances() {
    let inner = "# Title\n\n```bash\nls\n```\n\ntext\n\n```python\nx\n```\n";
    for language in ["markdown", "md", "Markdown", "md title=x"] {
        let text = format!("```{language}\n{inner}```\n");
        let blocks = render(&text);
        assert_eq!(blocks.len(), 1, "one block: {blocks:?}");
        assert!(blocks[0].html.matches("```").count() == 4, "the inner fences are shown: {blocks:?}");
        let after = render(&format!("{text}\nafter *it*"));
        assert_eq!(after[1].html, "<p>after <em>it</em></p>");
        let mut document = Document::new();
        for line in format!("{text}\nafter *it*").split_inclusive('\n') {
            document.push(line);
            if document.text().len() < text.len() {
                assert_eq!(document.patch_since(0).length, 1, "one block on the way: {:?}", document.text());
            }
        }
        assert_eq!(document.patch_since(0).changed, after, "shown as it will be");
        document.finish();
        assert_eq!(document.patch_since(0).changed, after);
    }
    for text in [
        "~~~md\n~~~sh\nls\n~~~\n~~~",
        "````md\n```sh\nls\n```\n````",
        "```md\n````sh\nls\n````\n```",
        "```md\n```md\n```sh\nls\n```\n```\n```",
        "```md\n~~~sh\n```sh\nls\n```\n~~~\n```",
    ] {
        assert!(example("markdown", text) || example("md", text), "{text:?}: {:?}", render(text));
    }
    let quoted = format!("> ```md\n{inner}```").replace('\n', "\n> ");
    assert_eq!(html(&quoted).matches("<figure").count(), 1, "in a quote");
    let listed = format!("- ```md\n{inner}```").replace('\n', "\n  ");
    assert_eq!(html(&listed).matches("<figure").count(), 1, "in a list");
}

#[test]
fn m6_fences_that_do_not_pair_up_are_as_ever() {
    for text in [
        "```markdown\na\n```\n\nb\n\n```sh\nls\n```",
        "```markdown\n```sh\nls\n```\n\nb",
        "```markdown\n```\nls\n```\n\nb",
        "```text\n```sh\nls\n```\n\nb\n\n```sh\nls\n```",
    ] {
        assert!(render(text).len() > 1, "{text:?}: {:?}", render(text));
    }
}

#[test]
fn m7_a_note_without_a_reference_is_shown() {
    check(
        "Sources:\n\n[^1]: Example, 2026.",
        "<p>Sources:</p>\n<section class=\"footnotes\"><ol><li><p>Example, 2026.</p></li></ol></section>",
    );
    check(
        "a[^2]\n\n[^1]: One\n\n[^2]: Two\n\n[^1]: *Again*\n\nb",
        "<p>a<sup class=\"footnote\">1</sup></p>\n<p>b</p>\n<section class=\"footnotes\"><ol><li><p>Two</p></li>\
         <li><p>One</p></li><li><p><em>Again</em></p></li></ol></section>",
    );
}

#[test]
fn m8_cells_too_many_are_joined_to_the_last() {
    let head = "<th>a</th><th>b</th>";
    for (row, cells) in [
        ("| 1 | 2 | 3 |", "<td>1</td><td>2 | 3</td>"),
        ("| 1 | 2 | 3 | *4*", "<td>1</td><td>2 | 3 | <em>4</em></td>"),
        ("| x | `a|b` |", "<td>x</td><td><code>a|b</code></td>"),
        ("| x | `a || b` | c |", "<td>x</td><td><code>a || b</code> | c</td>"),
        ("| x | a \\| b | c |", "<td>x</td><td>a | b | c</td>"),
        ("| x | `a\\|b` |", "<td>x</td><td><code>a|b</code></td>"),
        ("| 1 |", "<td>1</td><td></td>"),
        ("| 1 | 2 |", "<td>1</td><td>2</td>"),
    ] {
        check(
            &format!("| a | b |\n|---|---|\n{row}\n| y | z |"),
            &table(head, &[cells, "<td>y</td><td>z</td>"]),
        );
    }
    check(
        "> | a |\n> |---|\n> | 1 | 2 |",
        &format!("<blockquote>{}</blockquote>", table("<th>a</th>", &["<td>1 | 2</td>"])),
    );
    check("a | b\n--|--\n1 | 2 | 3", &table(head, &["<td>1</td><td>2 | 3</td>"]));
    check(
        "```\n| a |\n|---|\n| 1 | 2 |\n```",
        "<figure class=\"code\" data-language=\"\"><pre><code>| a |\n|---|\n| 1 | 2 |\n</code></pre></figure>",
    );
}
