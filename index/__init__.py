"""Texts -> vectors -> hits. Knows nothing of answers."""

from index.telemetry import switch_off

# Here, because every import of onnxruntime, transformers and huggingface_hub comes after this package's.
switch_off()
