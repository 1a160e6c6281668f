"""Where the desk's pages stand, for whoever links to them."""

from urllib.parse import urlencode

from django.urls import reverse


def story_of(kind: str, key: object) -> str:
    """The story of a `bet`, `round` or `player` (by its token)."""
    if kind == "player":
        return f"{reverse('desk-player')}?{urlencode({'token': str(key)})}"
    return reverse(f"desk-{kind}", args=[key])
