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
from terraregistry.registry.signatures.wider import wider_class

__all__ = [
    "NOT_EVALUATED",
    "OPAQUE",
    "EffectiveSignature",
    "Opaque",
    "Signature",
    "effective_signature",
    "evaluate",
    "render",
    "render_default",
    "render_signature",
    "wider_class",
]
