//! The kernel does with packets what the configuration means.

use crate::examples;
use crate::stages::sources_of;
use rosc::compile::{Options, compile};
use rosc::lab::verify::{Order, verify};
use std::sync::atomic::AtomicBool;

#[test]
fn packets_do_in_every_example_what_their_traces_say() {
    if rosc_target::netns::for_test().is_none() {
        return;
    }
    for (name, paths) in examples::all() {
        let router = compile(&sources_of(&paths), Options::default()).router;
        let order = Order { packets: 200, seed: 1, interrupted: &AtomicBool::new(false), progress: &|_| {} };
        let verified = verify(&router, order).expect("the router can be built");
        assert!(verified.difference.is_none(), "{name}: {:#?}", verified.difference);
        assert!(verified.packets == 200 && verified.left > 0, "{name}: {verified:?}");
    }
}
