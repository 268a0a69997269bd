"""Heads: they turn a decoder's map into the numbers of a task."""

from __future__ import annotations

from terraregistry.components.heads.regression import RegressionHead
from terraregistry.components.heads.scalar import ClassificationHead, ScalarHead
from terraregistry.components.heads.segmentation import SegmentationHead

__all__ = ["ClassificationHead", "RegressionHead", "ScalarHead", "SegmentationHead"]
