"""Networks, one file per family, in Keras 3 without a call to any one backend."""
