"""The variational autoencoder that the assignment of dense64's authors offered as the other choice, convolutional, at 64 pixels."""
