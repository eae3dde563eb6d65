"""Outside judges of the whole: `make audit`. What cannot be had here is skipped, and said."""
