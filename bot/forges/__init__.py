"""The forges: one protocol, and one module for each that is the only importer of its client."""
