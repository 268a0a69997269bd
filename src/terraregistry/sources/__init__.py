"""What adapts other libraries to `Source`: a package for each."""
