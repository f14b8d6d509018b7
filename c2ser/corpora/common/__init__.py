"""What all corpora share: the class `Corpus`, labels, audio files, downloads, preparation."""
