//! What is understood before any block is read, and behind every script.
use super::{Word, word};

#[rustfmt::skip] // a row a line
pub(super) static PLACES: &[(&str, &[Word])] = &[
    ("(any script user clause)", &[
        word("<user> [<group>]", "default script_user, else keepalived_script", "", "Credentials after a script name."),
        word(":<group>[,...]", "supplementary groups", "after 2.4.3", "Extra groups for the script."),
    ]),
    ("(preprocessor)", &[
        word("#", "to end of line", "", "Comment, unless inside double quotes or escaped."),
        word("!", "to end of line", "", "Comment, same as #."),
        word("\\# \\!", "escape", "", "Literal comment character."),
        word("include", "<glob with braces>", "", "Insert files; relative to the including file directory."),
        word("includer", "<glob>", "", "Error when a matched file cannot be read."),
        word("includem", "<glob>", "", "Error when nothing matches."),
        word("includew", "<glob>", "", "Error when a wildcard matches nothing."),
        word("includeb", "<glob>", "", "Error when a brace alternative matches nothing."),
        word("includea", "<glob>", "", "All include errors."),
        word("@<id>", "rest of line", "", "Keep line only when config id equals."),
        word("@^<id>", "rest of line", "", "Keep line only when config id differs."),
        word("$<NAME>=", "<value>", "", "Define a variable; no blank before equals sign."),
        word("$<NAME>", "reference", "", "Substitute a variable."),
        word("${<NAME>}", "reference", "", "Substitute, delimiting the name."),
        word("\\ (line end)", "continuation", "", "Multi-line variable definition."),
        word("${_PWD}", "predefined", "", "Directory of current file."),
        word("${_INSTANCE}", "predefined", "", "Value of -i/instance name."),
        word("${_RANDOM [<min> [<max>]]}", "predefined, default 0..32767", "", "Random number."),
        word("${_ENV <VAR>}", "predefined", "2.4.0", "Environment variable."),
        word("${_HASH}", "predefined", "", "A # character."),
        word("${_BANG}", "predefined", "", "A ! character."),
        word("~SEQ", "(<var>,[<start>,[<step>,]]<end>) <line>", "", "Repeat line for a decimal sequence."),
        word("~SEQx", "(<var>,[<start>,[<step>,]]<end>) <line>", "", "Repeat line for a hexadecimal sequence."),
        word("~LST", "(<var>,<v1>,...) | ({<a>,<b>},{..},{..}) <line>", "", "Repeat line for listed values or tuples."),
        word("{ }", "own line or end of line", "", "Block delimiters."),
        word("\"...\"", "quoting", "", "One word containing blanks or comment characters."),
        word("'...'", "quoting in script strings", "", "Second level quoting of command arguments."),
        word("\\a \\b \\E \\f \\n \\r \\t \\v \\nnn \\xXX \\cC", "escapes in quoted script words", "", "Character escapes."),
        word("on|true|yes|off|false|no", "value of [BOOL]", "", "Boolean words; absent means true."),
    ]),
];
