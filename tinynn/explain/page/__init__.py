"""Floor 6: a trace as one page of HTML that needs no network: the graph, stepped through forward and back."""

from tinynn.explain.page.build import framed, page

__all__ = ["framed", "page"]
