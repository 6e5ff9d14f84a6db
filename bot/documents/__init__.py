"""Policy, manifest and other YAML or JSON documents, read safely, with every problem at its line."""

from bot.documents.manifest import read_manifest
from bot.documents.paths import resolve
from bot.documents.policy import read_policy
from bot.documents.read import Data, Document, read_yaml
from bot.documents.validate import Parsed

__all__ = ["Data", "Document", "Parsed", "read_manifest", "read_policy", "read_yaml", "resolve"]
