//! Tables of which only the beginning has arrived.

use porthole_markdown::render;

use super::arriving::check;

#[test]
fn half_of_a_table() {
    let head = "<div class=\"table\"><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody></tbody></table></div>";
    for arrived in [
        "| a | b",
        "| a | b |",
        "| a | b |\n",
        "| a | b |\n|",
        "| a | b |\n|--",
        "| a | b |\n|---|-",
        "| a | b |\n|---|---|",
    ] {
        check(arrived, head);
    }
    check("> | a | b |\n> |-", &format!("<blockquote>{head}</blockquote>"));
    check("x\n\n- | a | b |\n  |-", &format!("<p>x</p>\n<ul><li>{head}</li></ul>"));
    check("| a | b |\n|---|---|\n|", head);
    check(
        "| a |\n|---|\n| **x",
        "<div class=\"table\"><table><thead><tr><th>a</th></tr></thead><tbody><tr><td><strong>x</strong></td></tr></tbody></table></div>",
    );
}

#[test]
fn a_table_that_ends_at_its_head_stays_one() {
    let head = |cells: &str| {
        format!("<div class=\"table\"><table><thead><tr>{cells}</tr></thead><tbody></tbody></table></div>")
    };
    let two = head("<th>a</th><th>b</th>");
    let ends = |arrived: &str, expected: &str| {
        check(arrived, expected);
        let kept: Vec<_> = render(arrived).into_iter().map(|block| block.html).collect();
        assert_eq!(kept.join("\n"), expected, "{arrived:?}, when nothing more came");
    };
    ends("| Policy", &head("<th>Policy</th>"));
    ends("| Policy |", &head("<th>Policy</th>"));
    ends("x\n\n| a | **b", &format!("<p>x</p>\n{}", head("<th>a</th><th><strong>b</strong></th>")));
    for arrived in
        ["| a | b |\n", "| a | b |\n|", "| a | b |\n|--", "| a | b |\n|---|-", "|a|b|\n|-", "|a|b|\n|:-"]
    {
        ends(arrived, &two);
    }
    ends("| a | b | **", &two);
    ends("> | a | b", &format!("<blockquote>{two}</blockquote>"));
    ends("x\n| a | b", &format!("<p>x</p>\n{two}"));
    ends("| a | b |\n|---|---|\n|", &two);
    ends(
        "```\n| a |\n|",
        "<figure class=\"code\" data-language=\"\"><pre><code>| a |\n|</code></pre></figure>",
    );
    // What may be none is none while it arrives either.
    ends("|x − y| < 1", "<p>|x − y| &lt; 1</p>");
    ends("- x\n| a | b", "<ul><li>x\n| a | b</li></ul>");
    ends("`a\n| b`", "<p><code>a | b</code></p>");
    ends("|a|b|", "<p>|a|b|</p>");
    ends("| a | b |\n| c | d |", "<p>| a | b |\n| c | d |</p>");
    ends("| a | b |\n\n", "<p>| a | b |</p>");
    ends(
        "```\n| a | b |",
        "<figure class=\"code\" data-language=\"\"><pre><code>| a | b |</code></pre></figure>",
    );
}
