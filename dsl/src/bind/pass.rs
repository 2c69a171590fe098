//! The pass that layers run in while the user's own code calls them: what the engine began goes on inside `call`.

use kerai_engine::Result;
use kerai_engine::layer::Pass;
use std::cell::RefCell;

thread_local! {
    static PASSES: RefCell<Vec<Pass>> = const { RefCell::new(Vec::new()) };
}

/// Runs the user's code inside a pass of the engine.
pub fn inside<T>(pass: &mut Pass, body: impl FnOnce() -> T) -> T {
    /// Gives the pass back, also when the body panics.
    struct Restore<'a>(&'a mut Pass);
    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            if let Some(pass) = PASSES.with_borrow_mut(Vec::pop) {
                *self.0 = pass;
            }
        }
    }
    PASSES.with_borrow_mut(|passes| passes.push(std::mem::take(pass)));
    let _restore = Restore(pass);
    body()
}

/// Runs a layer in the pass that is under way, or in one of its own.
pub fn run<T>(body: impl FnOnce(&mut Pass) -> Result<T>) -> Result<T> {
    match PASSES.with_borrow_mut(Vec::pop) {
        Some(mut pass) => {
            let result = body(&mut pass);
            PASSES.with_borrow_mut(|passes| passes.push(pass));
            result
        }
        None => {
            let mut pass = Pass::inference();
            let result = body(&mut pass)?;
            pass.commit();
            Ok(result)
        }
    }
}

/// Adds to the loss of the pass that is under way; outside one it has no effect, as in Keras.
pub fn add_loss(loss: kerai_engine::Tensor) {
    PASSES.with_borrow_mut(|passes| {
        if let Some(pass) = passes.last_mut() {
            pass.losses.push(loss);
        }
    });
}

/// Whether the pass that is under way trains.
pub fn is_training() -> Option<bool> {
    PASSES.with_borrow(|passes| passes.last().map(|pass| pass.training))
}
