"""Serving the page: an early listener, a warm process that forks kernels, and a Voila that shows one page to one person.

``launch`` tells the story in order. What runs before the address is printed imports only the standard library.
"""
