"""What all operators share: who they are, their keys, and the rounds."""
