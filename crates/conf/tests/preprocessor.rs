//! The preprocessor, as the original does it (observed by running it).
use conf::{Files, LoadOptions, Loaded, ReadError, Severity};
use std::collections::BTreeMap;

/// Files by path; a pattern matches by its part before the first `*`.
struct Tree(BTreeMap<&'static str, &'static str>);

impl Files for Tree {
    fn read(&mut self, path: &str, _limit: usize) -> Result<Vec<u8>, ReadError> {
        match self.0.get(path) {
            Some(&"<directory>") => Err(ReadError::Directory),
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => Err(ReadError::Missing),
        }
    }

    fn glob(&mut self, pattern: &str) -> Vec<String> {
        let paths = self.0.keys();
        match pattern.split_once('*') {
            None => paths
                .filter(|path| **path == pattern)
                .map(ToString::to_string)
                .collect(),
            Some((start, end)) => paths
                .filter(|p| p.starts_with(start) && p.ends_with(end))
                .map(ToString::to_string)
                .collect(),
        }
    }
}

fn load(files: &[(&'static str, &'static str)]) -> Loaded {
    let mut environment = BTreeMap::new();
    environment.insert("HOME".to_owned(), "/root".to_owned());
    let options = LoadOptions {
        config_id: Some("me".into()),
        directory: "/etc/keepalived".into(),
        environment,
        seed: 7,
        ..LoadOptions::default()
    };
    conf::load(&mut Tree(files.iter().copied().collect()), "k", &options)
}

/// The lines that a text becomes, seen as the lines of a block that takes any words.
fn lines(text: &'static str) -> Vec<String> {
    let text: &'static str = Box::leak(
        format!("global_defs {{\nnotification_email {{\n{text}\n}}\n}}\n").into_boxed_str(),
    );
    let loaded = load(&[("k", text)]);
    let serious: Vec<_> = loaded
        .diagnostics
        .iter()
        .filter(|d| d.severity > Severity::Advice)
        .collect();
    assert!(serious.iter().all(|d| d.id == "empty-block"), "{serious:?}");
    loaded
        .config
        .global
        .notification_email
        .iter()
        .map(|word| word.value.to_string())
        .collect()
}

fn said(files: &[(&'static str, &'static str)]) -> Vec<String> {
    load(files)
        .diagnostics
        .into_iter()
        .map(|d| d.message)
        .collect()
}

#[test]
fn parameters_are_replaced_when_they_are_used() {
    assert_eq!(
        lines("$A=one\nz1$A\nz2${A}\nz3$A.x\n z6$A x"),
        ["z1one", "z2one", "z3$A.x", "z6one", "x"]
    );
    assert_eq!(lines("$X=${Y}q\n$Y=yy\nz${X}\n$Y=\nz${X}"), ["zyyq", "zq"]);
    assert_eq!(lines("z$B $1 a$"), ["z$B", "$1", "a$"]);
    assert_eq!(lines(" $IND=ok # comment\nz${IND}12"), ["zok12"]);
    assert_eq!(lines("$Q=\"a b\"\nz $Q"), ["z", "a b"]);
}

#[test]
fn values_may_have_several_lines() {
    assert_eq!(
        lines("$M= \\\n m1 \\\n m2 x \\\n m3\n$M\ny1\n $M tail"),
        ["m1", "m2", "x", "m3", "y1", "$M", "tail"]
    );
    assert_eq!(lines("$M= \\\n a \\\n b\npre $M"), ["pre", "a", "b"]);
    assert_eq!(lines("$K=abc\\\ndef\nk${K}"), ["kabc", "def"]);
    assert_eq!(
        lines("$RS= \\\n r${N} \\\n s\n$VS= \\\n $N=1 \\\n $RS \\\n $N=2 \\\n $RS\n$VS"),
        ["r1", "s", "r2", "s"]
    );
}

#[test]
fn a_comment_within_a_value_does_not_end_it() {
    assert_eq!(lines("$M= \\\n a \\\n# no \\\n b\n$M"), ["a", "b"]);
}

#[test]
fn conditions_look_at_the_config_id() {
    assert_eq!(
        lines("@me a\n@you b\n@^me c\n@^you d\n@ e\n@^ f"),
        ["a", "d", "f"]
    );
    assert_eq!(lines("@me $P=240\n@you $P=200\np$P"), ["p240"]);
    assert_eq!(lines("$IF=@me\n$IF x\n$IF=@you\n$IF y"), ["x"]);
}

#[test]
fn sequences_repeat_the_line() {
    assert_eq!(lines("~SEQ(v,1,3) s${v}x"), ["s1x", "s2x", "s3x"]);
    assert_eq!(
        lines("~SEQ(v,3,1) t${v}\n~SEQ(w,3) u$w\n~SEQ(w,-2) u$w"),
        ["t3", "t2", "t1", "u1", "u2", "u3", "u-1", "u-2"]
    );
    assert_eq!(
        lines("~SEQ(v,1,2,6) a$v\n~SEQx(v,0x9,0x11,0x2b) g$v"),
        ["a1", "a3", "a5", "g9", "g1a", "g2b"]
    );
    assert_eq!(
        lines("~SEQ(v,1,2) ~SEQ(w,1,2) n${v}_$w\nafter$v"),
        ["n1_1", "n1_2", "n2_1", "n2_2", "after2"]
    );
    assert_eq!(
        lines("~LST({a,b},{1,2},{3,4}) m${a}_$b\n~LST(v,x,y) l$v"),
        ["m1_2", "m3_4", "lx", "ly"]
    );
}

#[test]
fn a_bad_sequence_is_told_as_the_original_tells_it() {
    assert_eq!(
        said(&[("k", "~SEQ(v) x")]),
        ["Invalid ~SEQ definition '~SEQ(v) x'"]
    );
    assert_eq!(
        said(&[("k", "~SEQ(v,1,0,5) x")]),
        ["Invalid ~SEQ values '~SEQ(v,1,0,5) x'"]
    );
    assert_eq!(
        said(&[("k", "~LST(v) x")]),
        ["Invalid ~LST specification '~LST(v) x'"]
    );
    let too_many = said(&[("k", "~LST({a,b},{1,2,3}) x")]);
    assert_eq!(
        too_many,
        ["~LST specification has too many values '~LST({a,b},{1,2,3}) x'"]
    );
}

#[test]
fn predefined_parameters() {
    assert_eq!(
        lines("${_INSTANCE} ${_PWD} ${_ENV HOME} a${_HASH}b"),
        ["me", "/etc/keepalived", "/root", "a"]
    );
    assert_eq!(lines("x\n${_BANG} y"), ["x"]);
    assert_eq!(lines("${_RANDOM 5 5}"), ["5"]);
    let number: u32 = lines("${_RANDOM 7}")[0].parse().unwrap();
    assert!((7..=32_767).contains(&number));
}

#[test]
fn includes_are_relative_to_the_file_that_includes() {
    let loaded = load(&[
        ("k", "include d/a.conf\nglobal_defs {\n router_id main\n}\n"),
        ("d/a.conf", "$S=sub\ninclude ${S}/*.conf\n"),
        (
            "d/sub/1.conf",
            "global_defs {\n smtp_helo_name ${_PWD}\n}\n",
        ),
        ("d/sub/2.conf", "oops\n"),
    ]);
    let global = &loaded.config.global;
    assert_eq!(
        &*global.smtp_helo_name.as_ref().unwrap().value,
        "/etc/keepalived/d/sub"
    );
    assert_eq!(&*global.router_id.as_ref().unwrap().value, "main");
    let [found] = &loaded.diagnostics[..] else {
        panic!("{:?}", loaded.diagnostics)
    };
    let place = loaded.snapshot.locate(found.spans[0].span).unwrap();
    assert_eq!(
        (&*place.file, place.line, place.column),
        ("d/sub/2.conf", 1, 1)
    );
}

#[test]
fn missing_includes_are_told_and_some_end_it() {
    let exit = |text: &'static str| {
        let loaded = load(&[("k", text), ("a.conf", "\n"), ("dir", "<directory>")]);
        let said: Vec<_> = loaded
            .diagnostics
            .iter()
            .map(|d| d.message.clone())
            .collect();
        (
            conf::verdict(&loaded.diagnostics).exit_code(),
            said.join("; "),
        )
    };
    assert_eq!(exit("include no"), (0, "Config files missing 'no'.".into()));
    assert_eq!(exit("includer no").0, 0);
    assert_eq!(
        exit("includea no"),
        (6, "Config files missing 'no'.".into())
    );
    assert_eq!(exit("includem no*"), (0, String::new()));
    assert_eq!(
        exit("includew no*"),
        (6, "No config files matched 'no*'.".into())
    );
    assert_eq!(
        exit("includeb {a,zz}.conf"),
        (6, "Some config files missing: \"{a,zz}.conf\".".into())
    );
    assert_eq!(
        exit("include dir"),
        (
            0,
            "Configuration file 'dir/' is a directory - skipping".into()
        )
    );
    assert_eq!(
        exit("global_defs {\n include_check match\n}\ninclude no").0,
        6
    );
    assert_eq!(exit("include").0, 5);
}

#[test]
fn endless_things_end() {
    let loop_ = said(&[("k", "include k\n")]);
    assert!(loop_[0].contains("Too many open files"), "{loop_:?}");
    assert!(said(&[("k", "$A=${A}x\n$A\n")])[0].contains("contains itself"));
    assert!(
        said(&[("k", "$A= \\\n $A \\\n $A\n$A\n")])
            .iter()
            .any(|text| text.contains("contains itself"))
    );
}

#[test]
fn findings_in_an_expansion_name_the_line_it_came_from() {
    let loaded = load(&[("k", "$P=prioritty\n\nvrrp_instance V {\n ${P} 100\n}\n")]);
    let found = &loaded.diagnostics[0];
    let at = found.spans[0].span;
    assert_eq!(loaded.snapshot.text(at), b"prioritty");
    assert_eq!(loaded.snapshot.locate(at).unwrap().line, 4);
    let source = loaded.snapshot.source(at.start).unwrap();
    assert!(source.expansion);
    assert_eq!(
        loaded.snapshot.locate(source.origin.unwrap()).unwrap().line,
        4
    );
}
