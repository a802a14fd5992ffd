"""What is on the pixels of a postage stamp, in space: arrays in, arrays out."""
