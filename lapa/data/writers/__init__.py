"""From episodes to other formats, one file a format."""
