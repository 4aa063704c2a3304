//! "Did you mean".

/// The candidate nearest to `word`, if one is near enough to be what was meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 64 {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let count = word.chars().count();
    let allowed = (count / 3).clamp(1, 3);
    let scored = candidates.into_iter().filter_map(|candidate| {
        let other = candidate.to_ascii_lowercase();
        let short_form = lower.len() >= 4 && other.starts_with(&lower);
        // most are too long or too short, which is seen without looking at their letters
        if !short_form && other.chars().count().abs_diff(count) > allowed {
            return None;
        }
        let distance = strsim::osa_distance(&lower, &other);
        (distance <= allowed || short_form).then_some((distance, candidate))
    });
    scored
        .min_by_key(|&(distance, candidate)| (distance, candidate.len()))
        .map(|(_, candidate)| candidate)
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
        assert_eq!(nearest("nat_mask", words), None);
    }
}
