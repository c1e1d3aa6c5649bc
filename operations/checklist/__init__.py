"""The release checklist (R-CHECK): each line judged by evidence that a program wrote."""

from operations.checklist.evidence import Evidence, read, write
from operations.checklist.judging import Line, ready, whole

__all__ = ["Evidence", "Line", "read", "ready", "whole", "write"]
