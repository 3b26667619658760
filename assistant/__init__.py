"""Hits -> cited answers, and the faces that show them."""

# First, so that telemetry is off before a channel imports a library: Ray, mcp, slack_bolt.
import index as index
