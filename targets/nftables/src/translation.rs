//! The half of a connection tracking helper that translates addresses inside of packets. It is a kernel module of its own,
//! which no rule loads: that takes more rights than rules do.

use crate::helper::HelperName;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The modules of that half of helpers that the kernel does not have now.
///
/// What is built into a kernel stands in a list beside its modules. Where there are none, it is found by what the kernel
/// defines (`/proc/kallsyms`), which takes tens of milliseconds to tell.
pub fn missing_translation<'h>(helpers: impl IntoIterator<Item = &'h HelperName>) -> Vec<String> {
    let modules: BTreeSet<String> = helpers.into_iter().map(module).collect();
    let is_loaded = |module: &String| Path::new("/sys/module").join(module).exists();
    let mut missing: Vec<String> = modules.into_iter().filter(|name| !is_loaded(name)).collect();
    if !missing.is_empty() {
        let is_built_in = built_in();
        missing.retain(|module| !is_built_in(module));
    }
    missing
}

/// Tells which modules are built into the kernel.
fn built_in() -> impl Fn(&str) -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let list = fs::read_to_string(Path::new("/lib/modules").join(release.trim()).join("modules.builtin"));
    let (text, is_list) = match list {
        Ok(list) => (list, true),
        Err(_) => (fs::read_to_string("/proc/kallsyms").unwrap_or_default(), false),
    };
    move |module| text.contains(&if is_list { format!("/{module}.ko") } else { format!(" {module}_") })
}

fn module(helper: &HelperName) -> String {
    match helper.as_str() {
        "Q.931" | "RAS" | "H.245" => "nf_nat_h323".to_owned(),
        name => format!("nf_nat_{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_kernel_has_is_missing() {
        let name = |name| HelperName::new(name).expect("a name");
        assert_eq!(missing_translation(&[name("nothing"), name("nothing")]), ["nf_nat_nothing"]);
        assert_eq!(module(&name("Q.931")), "nf_nat_h323");
    }
}
