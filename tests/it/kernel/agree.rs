//! The kernel does with packets what the configuration means.

use crate::examples;
use crate::stages::sources_of;
use rosc::compile::{Options, compile};
use rosc::lab::verify::verify;
use rosc::trace::Numbers;

#[test]
fn packets_do_in_every_example_what_their_traces_say() {
    if rosc_target::netns::for_test().is_none() {
        return;
    }
    for (name, paths) in examples::all() {
        let router = compile(&sources_of(&paths), Options::default()).router;
        let verified = verify(&router, 200, &mut Numbers::new(1)).expect("the router can be built");
        assert!(verified.differences.is_empty(), "{name}: {:#?}", verified.differences);
        assert!(verified.packets >= 100 && verified.left > 0, "{name}: {verified:?}");
    }
}
