"""features/shop/raises.py:7: ZeroDivisionError: division by zero
  mend: mend this line; a definition is plain Python that imports millpond
"""

from features.shop import sources

share = len(sources.customer.keys) / 0
