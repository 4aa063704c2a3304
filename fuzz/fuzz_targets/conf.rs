//! Any bytes as a configuration: no panic, no hang, and every place lies inside the text.
#![no_main]

use conf::{Files, Limits, LoadOptions, ReadError};
use libfuzzer_sys::fuzz_target;

/// The input is the main file; it may include itself and one other file.
struct Input<'a>(&'a [u8]);

impl Files for Input<'_> {
    fn read(&mut self, path: &str, _limit: usize) -> Result<Vec<u8>, ReadError> {
        match path {
            "f" => Ok(self.0.to_vec()),
            "g" => Ok(b"priority 100\n".to_vec()),
            _ => Err(ReadError::Missing),
        }
    }

    fn glob(&mut self, pattern: &str) -> Vec<String> {
        vec![pattern.to_owned()]
    }
}

fuzz_target!(|data: &[u8]| {
    // small bounds: what is within them is what there is to find
    let limits = Limits {
        bytes: 1 << 16,
        files: 16,
        expansions: 200,
        diagnostics: 50,
        ..Limits::default()
    };
    let options = LoadOptions {
        config_id: Some("a".into()),
        directory: "/d".into(),
        limits,
        ..LoadOptions::default()
    };
    let loaded = conf::load(&mut Input(data), "f", &options);
    let once = conf::layout(data);
    assert!(conf::layout(&once) == once, "a layout is its own layout");
    let _ = conf::verdict(&loaded.diagnostics);
    for label in loaded.diagnostics.iter().flat_map(|d| &d.spans) {
        assert!(label.span.end() as usize <= loaded.snapshot.len());
        assert!(loaded.snapshot.locate(label.span).is_some());
    }
});
