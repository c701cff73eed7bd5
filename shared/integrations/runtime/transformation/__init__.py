"""Transformation: RAW in, CLEAN out, each sample once."""
