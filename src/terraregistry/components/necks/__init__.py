"""Necks: they rearrange the features on their way from the backbone to the decoder."""
