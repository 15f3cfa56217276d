//! What `rosc show` prints does by itself, loaded by the tools that it is for, what `rosc apply` does.

use super::desired;
use super::machine::Box;
use crate::examples;
use crate::stages::sources_of;
use rosc::render;
use rosc_route::Family;
use std::fs;

#[test]
fn nft_ip_and_sysctl_make_of_it_what_an_apply_makes() {
    for (name, paths) in examples::all() {
        let sources = sources_of(&paths);
        let desired = desired(&sources);
        let (Some(applied), Some(loaded)) = (Box::for_state(&desired), Box::for_state(&desired)) else {
            return;
        };
        applied.apply(&desired).unwrap_or_else(|failure| panic!("{name}: {failure:?}"));

        let load = |file: &str, text: String, commands: &[&[&str]]| {
            let path = loaded.state_dir().join(file);
            fs::write(&path, text).expect("a file");
            let path = path.to_str().expect("a plain path");
            for command in commands {
                loaded.run(command[0], &[&command[1..], &[path]].concat());
            }
        };
        for (family, option) in [(Family::Ipv4, "-4"), (Family::Ipv6, "-6")] {
            load("routes", render::routes(&desired, &[family]), &[&["ip", option, "-batch"]]);
        }
        load("rules.nft", render::nft(&desired, &sources), &[&["nft", "-f"]]);
        // Twice, because switching forwarding resets other settings.
        load("settings.conf", render::sysctl(&desired), &[&["sysctl", "-qep"], &["sysctl", "-qep"]]);

        // Another machine has other hardware addresses, and only rosc itself marks the ports of bridges.
        let comparable = |machine: &Box| {
            let hardware = machine.dump().replace(r"([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}", "MAC");
            hardware.replace(r" \\ altname rosc-port-\d+", "")
        };
        assert_eq!(comparable(&loaded).differences(&comparable(&applied)), "", "{name}");
    }
}
