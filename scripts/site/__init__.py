"""The site: the pages of docs, a reference from the docstrings, and Batuta running in the page."""
