//! Strings that mean something to what stands behind rosc.

/// Each is tried in every place of a configuration where any text may stand.
pub(crate) fn values() -> Vec<String> {
    let plain = [
        // nft's language.
        "\"",
        "a\"; } add table ip6 broken; #",
        "accept\ndrop",
        "x\n}\n}\ntable ip broken {\n",
        "}",
        "{ 10.0.0.0/8 }",
        "@al_x",
        "$x",
        "counter",
        "accept",
        "drop",
        "esp",
        "a b",
        "a,b",
        "include \"/etc/passwd\"",
        // A shell, and what writes files.
        "$(touch broken)",
        "`touch broken`",
        "; touch broken",
        "| touch broken",
        "> broken",
        "../../../tmp/broken",
        "..",
        ".",
        "/etc/passwd",
        "a/b",
        // Options, patterns, and words of other tools.
        "-x",
        "--help",
        "-",
        "*",
        "eth*",
        "a?[b]",
        "br%d",
        "all",
        "default",
        "lo",
        "dev",
        "main",
        "no-mark",
        "a#b",
        "a=b",
        "a'b",
        "!a",
        "a;b",
        "a}b",
        "a\\",
        "\\",
        "%s%n",
        "a@b",
        "a%b",
        // A terminal.
        "\x1b[31mred\x1b[0m",
        "\x1b]0;title\x07",
        "\u{9b}31m",
        "a\rb",
        "a\r\nb",
        "a\tb",
        "a\x08b",
        "a\x7fb",
        "a\0b",
        "\0",
        "a\u{85}b",
        "a\u{2028}b\u{2029}c",
        "\u{202e}tpecca",
        "\u{2066}a\u{2069}",
        // Plain, and still no ASCII.
        "größe",
        "日本",
        "\u{1f600}",
        "e\u{301}",
        "\u{a0}",
        "",
        " ",
    ];
    let long = [("x".repeat(10_000)), ("é\"\n".repeat(3_000)), "x".repeat(129), "é".repeat(64)];
    plain.into_iter().map(str::to_owned).chain(long).collect()
}

/// The text between quotes in RouterOS's language that means this string.
pub(crate) fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '"' | '\\' | '$' | '?' => out.extend(['\\', c]),
            '\0'..='\x1f' | '\x7f' => out.push_str(&format!("\\{:02X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
