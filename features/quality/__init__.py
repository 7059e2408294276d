"""What a build of the feature frame is worth: printed, and kept in the home as JSON and as a page.

*Coverage* is the share of rows in which a feature is known; a *cause* is why it is not. A value is *outside* where its
unit does not allow it. *Drift* is how far the newest date lies from the newest date of the build before. A *late
record* is a contact that became known on a later day than its own; a *correction* takes an earlier version of one back.

Everything is computed from what the build wrote and read. Identical input gives identical files.
"""

from features.quality.causes import Cause, causes
from features.quality.coverage import Coverage, FeatureQuality, Reason, allowed, coverage
from features.quality.drift import Before, Drift, FeatureDrift, Profile, build_before, compared, profile_of, psi
from features.quality.files import stored, write_quality
from features.quality.inputs import ColumnFill, Inputs, inputs_of
from features.quality.late import LateDays, LateRecords, late_records
from features.quality.page import quality_page
from features.quality.report import Quality, TableGap, quality_of
from features.quality.screen import show

__all__ = [
    "Before",
    "Cause",
    "ColumnFill",
    "Coverage",
    "Drift",
    "FeatureDrift",
    "FeatureQuality",
    "Inputs",
    "LateDays",
    "LateRecords",
    "Profile",
    "Quality",
    "Reason",
    "TableGap",
    "allowed",
    "build_before",
    "causes",
    "compared",
    "coverage",
    "inputs_of",
    "late_records",
    "profile_of",
    "psi",
    "quality_of",
    "quality_page",
    "show",
    "stored",
    "write_quality",
]
