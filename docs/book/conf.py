"""How Sphinx makes the web book. `facelab.course.book` copies this folder, puts the pages beside it
and runs Sphinx there; nothing that a reader's browser loads may come from another place."""

from html import escape

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

project = "Deepfakes from scratch"
language = "en"
extensions = ["myst_nb"]
exclude_patterns = ["extra", "static", "templates"]
templates_path = ["templates"]

# the chapters come with their outputs: nothing is executed, nothing is asked of a server
nb_execution_mode = "off"
nb_ipywidgets_js = {}  # would fetch require.js; widgets stand in the book as pictures
nb_merge_streams = True  # lines printed one by one are one text
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
html_math_renderer = "mathml"  # browsers draw MathML themselves; MathJax would be fetched

html_theme = "pydata_sphinx_theme"
html_title = project
html_short_title = project
html_static_path = ["static"]
html_extra_path = ["extra"]
html_favicon = "static/favicon.svg"
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_use_index = False  # there is no index of names: the search finds them
html_copy_source = False  # the notebooks themselves are there to take
html_show_sourcelink = False
html_sidebars = {"**": ["chapters"], "search": []}
html_context = {"default_mode": "auto"}  # dark or light as the reader's system is
html_theme_options = {
    "logo": {"text": project, "alt_text": f"{project}: front page"},
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "primary_sidebar_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "article_header_start": [],
    "footer_start": ["licence"],
    "footer_end": [],
    "search_bar_text": "Search the book",
    "show_prev_next": True,
    "back_to_top_button": True,
}


def formula(node, display):
    """MathML of a formula, with its LaTeX for those who copy or cannot see it."""
    latex = node.astext()
    drawn = convert(latex, display=display)
    return drawn.replace("<math ", f'<math alttext="{escape(latex)}" ', 1)


def inline(self, node):
    """Put a formula into the line."""
    self.body.append(formula(node, "inline"))
    raise SkipNode


def block(self, node):
    """Put a formula on a line of its own, which scrolls where it is too long."""
    self.body.append(f'<div class="formula" tabindex="0">{formula(node, "block")}</div>')
    raise SkipNode


def setup(app):
    """Register the renderer of formulas."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
