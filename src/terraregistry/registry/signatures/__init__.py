"""Effective signatures of constructors, with forwarded arguments followed."""

from terraregistry.registry.signatures.annotations import (
    NOT_EVALUATED,
    OPAQUE,
    Opaque,
    evaluate,
    render,
    render_default,
    render_signature,
)
from terraregistry.registry.signatures.effective import EffectiveSignature, Signature, effective_signature
from terraregistry.registry.signatures.steps import SignatureExplanation, Step, explain_signature
from terraregistry.registry.signatures.wider import wider_class

__all__ = [
    "NOT_EVALUATED",
    "OPAQUE",
    "EffectiveSignature",
    "Opaque",
    "Signature",
    "SignatureExplanation",
    "Step",
    "effective_signature",
    "evaluate",
    "explain_signature",
    "render",
    "render_default",
    "render_signature",
    "wider_class",
]
