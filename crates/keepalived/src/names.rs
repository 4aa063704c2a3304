//! Names of routing tables and their kin, where iproute2 keeps them.
use conf::Spanned;
use conf::config::Process;
use linux::netlink::Link;
use plan::Names;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What the distribution gives, and what the administrator says instead; unless the configuration
/// names other places.
const PLACES: [&str; 2] = ["/usr/share/iproute2", "/etc/iproute2"];

/// All names of this machine; a file that is not there names nothing.
pub(crate) fn read(written: &Process, links: &[Link]) -> Names {
    let [vendor, local] = PLACES;
    let place = |written: &Option<Spanned<Box<str>>>, usual: &str| {
        written
            .as_ref()
            .map_or(usual, |place| &place.value)
            .to_owned()
    };
    let places = [
        place(&written.iproute_usr_dir, vendor),
        place(&written.iproute_etc_dir, local),
    ];
    let all = |file: &str| {
        let mut names = BTreeMap::new();
        for place in &places {
            add(&mut names, &Path::new(place).join(file));
            let more = fs::read_dir(Path::new(place).join(format!("{file}.d")));
            let mut files: Vec<_> = more
                .into_iter()
                .flatten()
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|end| end == "conf"))
                .collect();
            files.sort();
            for path in files {
                add(&mut names, &path);
            }
        }
        names
    };
    Names {
        tables: all("rt_tables"),
        protocols: all("rt_protos"),
        scopes: all("rt_scopes"),
        realms: all("rt_realms"),
        services: all("rt_dsfield"),
        groups: all("group"),
        vrfs: links
            .iter()
            .filter_map(|link| Some((link.name.clone(), link.vrf_table?)))
            .collect(),
    }
}

fn add(names: &mut BTreeMap<String, u32>, path: &Path) {
    let text = fs::read_to_string(path).unwrap_or_default();
    names.extend(text.lines().filter_map(line));
}

/// `number name`; numbers may be hexadecimal.
fn line(line: &str) -> Option<(String, u32)> {
    let line = line.split('#').next()?;
    let mut words = line.split_ascii_whitespace();
    let (number, name) = (words.next()?, words.next()?);
    let number = match number.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    Some((name.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn lines_are_numbers_and_names() {
        assert_eq!(line("255\tlocal"), Some(("local".into(), 255)));
        assert_eq!(line("0xB8 EF # expedited"), Some(("EF".into(), 0xb8)));
        for none in ["", "# 1 x", "7", "x y"] {
            assert_eq!(line(none), None);
        }
    }
}
