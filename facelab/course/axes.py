"""What the figures of several chapters share: pictures under axes, and one key for all panels."""

from facelab.course.figures import plt


def picture_under_axes(image, size):
    """A figure of one picture (H,W,3), ``size`` inches wide, and its axes in our pixels."""
    figure, axes = plt.subplots(figsize=(size, size * image.shape[0] / image.shape[1]))
    lay_under(axes, image)
    return figure, axes


def lay_under(axes, image):
    """Put a picture under axes so that it spans 0 to its width and 0 to its height."""
    rows, columns = image.shape[:2]
    axes.imshow(image, extent=(0, columns, rows, 0), interpolation="nearest")
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    axes.axis("off")


def key_below(figure, axes):
    """The figure with one key for all its panels, where it hides no curve."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure
