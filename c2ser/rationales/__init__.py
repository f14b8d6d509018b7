"""Rationales: targets from templates, rewritten by chat models and checked."""

from c2ser.exports import lazy_exports

__getattr__, __all__ = lazy_exports(
    __name__,
    checker="Facts faults",
    prompts="PROMPTS",
    rewriting="RewritingConfig rewrite_cot",
    schedule="ExplicitSchedule",
    targets="build_cot",
    templates="explicit_target implicit_target",
)
