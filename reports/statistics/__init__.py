"""
Whether draws look as a fair draw would: made by the protocol or taken from rounds, counted, tested, plotted, stored.

What counts and tests needs numpy, scipy, matplotlib and pyarrow (the extra `analysis`), so nothing that the server
runs imports this package; `manage.py draw_statistics` does when it is called.
"""
