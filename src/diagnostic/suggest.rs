//! "Did you mean": the nearest of the known names.

/// Returns the known name nearest to `written`, if one is near enough to be what was meant.
///
/// Distances count insertions, deletions, substitutions and swaps of neighbours; up to a third of the longer
/// name may differ. Of equally near names the first in the order of `known` wins.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = written.chars().count();
    let mut best: Option<(usize, &str)> = None;
    for name in known {
        let name_length = name.chars().count();
        let allowed = (length.max(name_length) / 3).max(1);
        // The distance is at least the difference in length; a word of a megabyte is not worth comparing.
        if length.abs_diff(name_length) > allowed {
            continue;
        }
        let distance = strsim::osa_distance(written, name);
        if distance <= allowed && best.is_none_or(|(nearest, _)| distance < nearest) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        assert_eq!(did_you_mean("srcnatr", ["dstnat", "srcnat"]), Some("srcnat"));
        assert_eq!(did_you_mean("dst-adress", ["dst-address", "src-address"]), Some("dst-address"));
    }

    #[test]
    fn a_name_too_far_off_is_not_suggested() {
        assert_eq!(did_you_mean("gateway", ["disabled", "comment"]), None);
        assert_eq!(did_you_mean("x", ["yz"]), None);
    }
}
