//! What the language does not take, and what to write instead.

use super::parse::ast::Operator;

/// Why something is refused, and what to write instead.
pub(crate) type Refusal = (&'static str, &'static str);

pub(crate) const ASYNC: Refusal = (
    "async and await are not in kerai",
    "write plain functions; training and data loading already use all cores",
);
pub(crate) const MATCH: Refusal =
    ("the match statement is not in kerai", "write it as if / elif / else");
pub(crate) const TYPE_ALIAS: Refusal =
    ("the type statement is not in kerai", "annotations are ignored: leave it out");
pub(crate) const TYPE_PARAMETERS: Refusal =
    ("type parameters are not in kerai", "annotations are ignored: leave the brackets out");
pub(crate) const EXCEPT_STAR: Refusal =
    ("except* is not in kerai", "write except and look at the error itself");
pub(crate) const METACLASS: Refusal =
    ("metaclasses are not in kerai", "write a class decorator or a base class");
pub(crate) const COMPLEX: Refusal =
    ("complex numbers are not in kerai", "keep the real and the imaginary part in two variables");
pub(crate) const TEMPLATE: Refusal =
    ("template strings are not in kerai", "write an f-string: f\"...\"");
pub(crate) const RELATIVE_IMPORT: Refusal =
    ("relative imports are not in kerai", "a program is one file or one notebook");
pub(crate) const FINALLY_JUMP: Refusal = (
    "break and continue that leave a finally block are not in kerai",
    "put the decision into a variable and act on it after the try statement",
);
pub(crate) const YIELD_IN_CLASS: Refusal = ("yield belongs into a function", "move it into a def");
pub(crate) const SHELL: Refusal = (
    "shell commands are not run",
    "use os, shutil, pathlib and keras.utils.get_file for files, and a terminal for the rest",
);

/// A shell line that kerai answers better than a shell would.
pub(crate) fn shell_hint(command: &str) -> &'static str {
    match command.split_whitespace().next().unwrap_or("") {
        "wget" | "curl" => "use keras.utils.get_file(\"name\", origin=\"https://...\")",
        "unzip" | "tar" => "use keras.utils.get_file(..., extract=True) or zipfile",
        "ls" => "use os.listdir(\".\")",
        "pwd" => "use os.getcwd()",
        "cat" | "head" => "use print(open(\"name\").read())",
        "mkdir" => "use os.makedirs(\"name\", exist_ok=True)",
        "rm" => "use os.remove(\"name\") or shutil.rmtree(\"name\")",
        "nvidia-smi" => "use kerai.doctor(), or `kerai doctor` in a terminal",
        _ => SHELL.1,
    }
}

/// The native that does a binary operator.
pub(crate) fn operator(op: Operator) -> (&'static str, &'static str) {
    match op {
        Operator::Add => ("_add", "_iadd"),
        Operator::Sub => ("_sub", "_isub"),
        Operator::Mult => ("_mul", "_imul"),
        Operator::MatMult => ("_matmul", "_imatmul"),
        Operator::Div => ("_div", "_idiv"),
        Operator::Mod => ("_mod", "_imod"),
        Operator::Pow => ("_pow", "_ipow"),
        Operator::LShift => ("_shl", "_ishl"),
        Operator::RShift => ("_shr", "_ishr"),
        Operator::BitOr => ("_or", "_ior"),
        Operator::BitXor => ("_xor", "_ixor"),
        Operator::BitAnd => ("_and", "_iand"),
        Operator::FloorDiv => ("_floordiv", "_ifloordiv"),
    }
}
