"""Names for what happens in Slack: nobody without the secret can work them out, or read a user in them."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """Derives ids from Slack's, keyed with a secret of the app."""

    secret: str
    """Any secret that all processes of this app share."""

    def conversation(self, *parts: str) -> str:
        """The id of the conversation at a place: workspace, channel and root of the thread."""
        return f"con_{self._digest('conversation', *parts)}"

    def person(self, team: str, user: str) -> str:
        """The id under which a person's data is kept."""
        return f"per_{self._digest('person', team, user)}"

    def _digest(self, *parts: str) -> str:
        words = "\0".join(parts).encode()
        return hmac.new(self.secret.encode(), words, hashlib.sha256).hexdigest()[:24]
