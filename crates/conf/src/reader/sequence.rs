//! `~SEQ` and `~LST`: one line for each value.
use super::expand::Variables;
use std::rc::Rc;

/// Values still to come, and the line they are for.
pub(super) struct Sequence {
    values: Values,
    rest: Rc<[u8]>,
}

enum Values {
    Numbers {
        name: Vec<u8>,
        next: Option<i64>,
        step: i64,
        end: i64,
        hex: bool,
    },
    /// Rows of values, the next one last.
    Rows {
        names: Vec<Vec<u8>>,
        rows: Vec<Vec<Vec<u8>>>,
    },
}

/// Why a line is no sequence: `None`, it does not begin like one; a text, what the original
/// says before it repeats the line, which may be nothing.
type Refused = Option<&'static str>;

impl Sequence {
    /// `~SEQ(var,[start,[step,]]end) line`, `~SEQx(…)`, `~LST(var,value,…) line`,
    /// `~LST({var,…},{value,…},…) line`.
    pub(super) fn parse(text: &[u8]) -> Result<Sequence, Refused> {
        let (kind, behind) = [&b"~SEQx"[..], b"~SEQ", b"~LST"]
            .iter()
            .find_map(|kind| text.strip_prefix(*kind).map(|behind| (*kind, behind)))
            .ok_or(None)?;
        let inner = behind.trim_ascii_start().strip_prefix(b"(").ok_or(None)?;
        let end = inner.iter().position(|&b| b == b')').ok_or(Some(""))?;
        let (inner, rest) = inner.split_at(end);
        let rest = rest.get(1..).unwrap_or_default().trim_ascii_start().into();
        let values = if kind == b"~LST" {
            rows(inner)?
        } else {
            numbers(inner, kind == b"~SEQx")?
        };
        Ok(Sequence { values, rest })
    }

    /// Defines the next value; false when there is none.
    pub(super) fn advance(&mut self, variables: &mut Variables) -> bool {
        match &mut self.values {
            Values::Numbers {
                name,
                next,
                step,
                end,
                hex,
            } => {
                let Some(value) = next.filter(|&value| {
                    if *step > 0 {
                        value <= *end
                    } else {
                        value >= *end
                    }
                }) else {
                    return false;
                };
                *next = value.checked_add(*step);
                let text = if *hex {
                    format!("{value:x}")
                } else {
                    value.to_string()
                };
                variables.set(name, vec![text.into_bytes()]);
                true
            }
            Values::Rows { names, rows } => {
                let Some(row) = rows.pop() else { return false };
                for (name, value) in names.iter().zip(row) {
                    variables.set(name, vec![value]);
                }
                true
            }
        }
    }

    pub(super) fn rest(&self) -> Rc<[u8]> {
        self.rest.clone()
    }
}

fn numbers(inner: &[u8], hex: bool) -> Result<Values, Refused> {
    const BAD: Refused = Some("Invalid ~SEQ definition");
    let text = core::str::from_utf8(inner).map_err(|_| BAD)?;
    let mut parts = text.split(',').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty()).ok_or(BAD)?;
    let numbers: Vec<i64> = parts.map(number).collect::<Option<_>>().ok_or(BAD)?;
    let (start, step, end) = match *numbers.as_slice() {
        [end] => (if end < 0 { -1 } else { 1 }, None, end),
        [start, end] => (start, None, end),
        [start, step, end] => (start, Some(step), end),
        _ => return Err(BAD),
    };
    let step = step.unwrap_or(if end < start { -1 } else { 1 });
    if step == 0 {
        return Err(Some("Invalid ~SEQ values"));
    }
    Ok(Values::Numbers {
        name: name.as_bytes().to_vec(),
        next: Some(start),
        step,
        end,
        hex,
    })
}

/// Decimal, or hexadecimal behind `0x`.
fn number(text: &str) -> Option<i64> {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or((1, text), |digits| (-1, digits));
    let value = match digits.strip_prefix("0x") {
        Some(digits) => i64::from(u32::from_str_radix(digits, 16).ok()?),
        None => i64::from(digits.parse::<u32>().ok()?),
    };
    Some(sign * value)
}

fn rows(inner: &[u8]) -> Result<Values, Refused> {
    let mut fields = split(inner)?.into_iter();
    let names = fields.next().ok_or(Some(""))?;
    if names.iter().any(Vec::is_empty) {
        return Err(Some(""));
    }
    let mut rows: Vec<_> = fields.collect();
    if rows.is_empty() {
        return Err(Some(""));
    }
    if rows.iter().any(|row| row.len() > names.len()) {
        return Err(Some("~LST specification has too many values"));
    }
    rows.reverse();
    Ok(Values::Rows { names, rows })
}

/// Fields between commas; a field in braces has several values.
fn split(inner: &[u8]) -> Result<Vec<Vec<Vec<u8>>>, Refused> {
    let mut fields = Vec::new();
    let mut rest = inner.trim_ascii();
    loop {
        let (field, behind) = if let Some(braced) = rest.strip_prefix(b"{") {
            let end = braced.iter().position(|&b| b == b'}').ok_or(Some(""))?;
            let (field, behind) = braced.split_at(end);
            let values = field
                .split(|&b| b == b',')
                .map(|value| value.trim_ascii().to_vec());
            (
                values.collect(),
                behind.get(1..).unwrap_or_default().trim_ascii_start(),
            )
        } else {
            let end = rest.iter().position(|&b| b == b',').unwrap_or(rest.len());
            let (field, behind) = rest.split_at(end);
            let field = field.trim_ascii();
            if field.iter().any(|b| b.is_ascii_whitespace() || *b == b'"') {
                return Err(Some(""));
            }
            (vec![field.to_vec()], behind)
        };
        fields.push(field);
        match behind.strip_prefix(b",") {
            Some(more) => rest = more.trim_ascii_start(),
            None if behind.is_empty() => return Ok(fields),
            None => return Err(Some("")),
        }
    }
}
