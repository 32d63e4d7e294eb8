"""From files to episodes, one file a format."""
