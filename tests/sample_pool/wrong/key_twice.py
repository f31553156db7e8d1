"""features/shop/key_twice.py:7: other.keys: the key column 'customer_id' stands twice
  mend: leave one of them out
"""

from millpond import Entity

other = Entity("other", keys=["customer_id", "customer_id"])
