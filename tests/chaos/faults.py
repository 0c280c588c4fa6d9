"""All faults, in the order of the table."""

from tests.chaos import (
    faults_callers,
    faults_clock,
    faults_engine,
    faults_link,
    faults_overlap,
    faults_pbx,
    faults_records,
    faults_service,
)

ALL = (
    *faults_engine.FAULTS,
    *faults_overlap.FAULTS,
    *faults_service.FAULTS,
    *faults_link.FAULTS,
    *faults_pbx.FAULTS,
    *faults_records.FAULTS,
    *faults_clock.FAULTS,
    *faults_callers.FAULTS,
)
