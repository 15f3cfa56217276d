//! `:execute`: runs a text or code as a job.

use super::command::Wanted;
use super::globals::Bound;
use super::stop::Stop;
use super::value::{Mistake, Value};
use super::{Evaluator, diagnostics};
use rosc_grammar::ast::Arg;
use rosc_target::Origin;

/// The longest script of a job, in bytes.
const MOST_SCRIPT: usize = 64 << 10;

impl Evaluator<'_> {
    /// `:execute script=... file=... as-string`. A job runs beside the script that starts it; here it runs at once and to
    /// its end, with variables of its own. Its errors are not those of the script. The value is the job's number.
    pub(super) fn execute(
        &mut self,
        args: &[Arg],
        bound: &Bound<'_>,
        wanted: Wanted,
        origin: Origin,
    ) -> Result<Value, Stop> {
        let arg = bound.required("script", "a script", origin)?;
        let script = self.value(&arg.value)?;
        let place = self.origin(arg.span);
        let code = match script {
            Value::Code(code) => code,
            text => {
                let text = self.text_of(&text, place)?;
                if text.len() > MOST_SCRIPT {
                    let mistake = Mistake::new("the script of a job has at most 64 KiB");
                    return Err(diagnostics::script_fails(mistake, place).into());
                }
                match self.parse_code(&text, place)? {
                    Value::Code(code) => code,
                    _ => unreachable!("what is parsed is code"),
                }
            }
        };
        let handlers = std::mem::take(&mut self.handlers);
        let result = self.call(&code, Vec::new(), ":execute", origin);
        self.handlers = handlers;
        match result {
            Ok(_) | Err(Stop::Quit | Stop::Reported(_)) => {}
            Err(Stop::Failed(error) | Stop::Unknown(error)) => {
                self.report(*error);
            }
            Err(stop) => return Err(stop),
        }
        // What a job prints is not kept.
        if wanted == Wanted::Value && self.is_on(bound, "as-string")? {
            let question = self.question("/", "execute", args, &[])?;
            return self.ask(&question, origin);
        }
        self.jobs += 1;
        Ok(Value::Id(self.jobs))
    }
}
