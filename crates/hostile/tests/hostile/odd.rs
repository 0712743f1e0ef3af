//! What stands where something else is expected, one by one.

use keywheel_hostile::HALF;

/// Texts that upset readers; each is put into the place of a value, a name or a line.
pub(crate) fn texts() -> Vec<String> {
    let plain = [
        "",
        "\0",
        "\r\n",
        "\n\n\n",
        "\u{feff}",
        "\u{2028}\u{2029}\u{202e}\u{200b}",
        "\u{1b}[2J",
        "ﬁ\u{307}İß",
        "\"",
        "\\",
        "'",
        "`",
        "=",
        ",",
        "/",
        "../..",
        "{{ 1 / 0 }}",
        "{% for x in [1] %}",
        "{% endfor %}",
        "{% include \"digest/body.html\" %}",
        "<script>alert(1)</script>",
        "-1",
        "-0",
        "00000000000000000001",
        "18446744073709551616",
        "1e999",
        "NaN",
        "2026-02-30T25:61:61Z",
        "9999-12-31T23:59:59Z",
        "-009999-01-01T00:00:00Z",
        "+999999-01-01T00:00:00Z",
        "null",
        HALF,
    ];
    let made = [format!("\n{HALF}\r\n"), format!("x{HALF}"), "a".repeat(5_000), "[".repeat(200), "é".repeat(3_000)];
    plain.into_iter().map(str::to_owned).chain(made).collect()
}

/// The same as JSON, and what only JSON can say.
pub(crate) fn json_values() -> Vec<String> {
    let quoted = texts().into_iter().map(|text| serde_json::to_string(&text).unwrap());
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100), close.repeat(100));
    let plain = [
        "null",
        "true",
        "0",
        "-1",
        "1e300",
        "1e999",
        "18446744073709551616",
        "4294967296",
        "0.1",
        "[]",
        "{}",
        "\"\\ud800\"",
        "\"\\u0000\"",
    ];
    let made = [
        deep("[", "]"),
        format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100)),
        format!("{{\"{HALF}\":\"{HALF}\"}}"),
        format!("[\"{HALF}\"]"),
    ];
    plain.into_iter().map(str::to_owned).chain(made).chain(quoted).collect()
}

/// Whole inputs that no mutation comes to.
pub(crate) fn inputs() -> Vec<Vec<u8>> {
    let nested = |open: &str, close: &str, times: usize| format!("{}{}", open.repeat(times), close.repeat(times));
    let mut all: Vec<Vec<u8>> = texts().into_iter().chain(json_values()).map(String::into_bytes).collect();
    all.extend([
        nested("[", "]", 100_000).into_bytes(),
        nested("{\"a\":", "}", 100_000).into_bytes(),
        "(".repeat(100_000).into_bytes(),
        b"\xff\xfe\x00\x00".to_vec(),
        b"\xed\xa0\x80".to_vec(),
        "{\"schema_version\":1,\"schema_version\":1}".to_owned().into_bytes(),
        vec![0; 100_000],
        vec![b'\n'; 100_000],
        vec![b'"'; 100_001],
        vec![b','; 100_000],
    ]);
    all
}
