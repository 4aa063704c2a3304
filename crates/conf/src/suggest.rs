//! "Did you mean".

/// The candidate nearest to `word`, if one is near enough to be what was meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 64 {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let count = word.chars().count();
    let allowed = (count / 3).clamp(1, 3);
    let letters = letters(word);
    let scored = candidates.into_iter().filter_map(|candidate| {
        let start = candidate.as_bytes().get(..lower.len());
        let short_form =
            lower.len() >= 4 && start.is_some_and(|s| s.eq_ignore_ascii_case(lower.as_bytes()));
        // most are too long or too short or have other letters, which is seen at a glance
        if !short_form
            && (candidate.chars().count().abs_diff(count) > allowed
                || differing(letters, self::letters(candidate)) > allowed)
        {
            return None;
        }
        let distance = strsim::osa_distance(&lower, &candidate.to_ascii_lowercase());
        (distance <= allowed || short_form).then_some((distance, candidate))
    });
    scored
        .min_by_key(|&(distance, candidate)| (distance, candidate.len()))
        .map(|(_, candidate)| candidate)
}

/// The letters of a word as a set; some share a place in it.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |set, letter| {
        set | 1 << (u32::from(letter.to_ascii_lowercase()) % u64::BITS)
    })
}

/// Letters that only one of two words has: an edit changes at most one of each.
fn differing(one: u64, other: u64) -> usize {
    let only = |a: u64, b: u64| (a & !b).count_ones();
    only(one, other).max(only(other, one)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_mended_and_strangers_are_left_alone() {
        let words = [
            "priority",
            "preempt",
            "nopreempt",
            "virtual_ipaddress",
            "state",
        ];
        assert_eq!(nearest("prioritty", words), Some("priority"));
        assert_eq!(
            nearest("virtual_ipaddres", words),
            Some("virtual_ipaddress")
        );
        assert_eq!(nearest("STATE", words), Some("state"));
        assert_eq!(nearest("prio", words), Some("priority"));
        assert_eq!(nearest("prioirty", words), Some("priority"));
        assert_eq!(nearest("nat_mask", words), None);
    }
}
