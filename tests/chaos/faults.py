"""All faults, in the order of the table."""

from tests.chaos import faults_engine

ALL = (*faults_engine.FAULTS,)
