"""What can go wrong while looking for faces, one class per remedy."""


class ImageError(ValueError):
    """The picture, or what should be drawn on it, cannot be used as it is; the message says what
    to do."""


class MethodError(ValueError):
    """No such method; the message lists those there are."""


class DetectorError(RuntimeError):
    """The method exists but cannot run on this machine; the message says what is missing."""


class NoFaceError(ValueError):
    """A face was needed and there is none, or not one inside the picture."""


class ReferenceFaceError(ValueError):
    """A reference picture must show one face, of whom is sought; this one shows none or several."""


class DatasetError(ValueError):
    """A folder of faces that cannot be made, gone on with or looked at as was asked; the message
    says what to do."""
