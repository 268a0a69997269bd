"""What runs in the environment of each peer: one adapter a library, and what they all share; nothing here needs a package."""
