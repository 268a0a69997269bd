"""Signatures: what a constructor accepts once the arguments that it forwards are followed."""

from terraregistry.registry.signatures.annotations import NOT_EVALUATED, OPAQUE, evaluate, render, render_signature
from terraregistry.registry.signatures.effective import EffectiveSignature, effective_signature

__all__ = [
    "NOT_EVALUATED",
    "OPAQUE",
    "EffectiveSignature",
    "effective_signature",
    "evaluate",
    "render",
    "render_signature",
]
