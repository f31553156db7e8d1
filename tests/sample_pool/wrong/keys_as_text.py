"""features/shop/keys_as_text.py:7: other.keys: keys='customer_id' is not a list
  mend: write a list: keys=["household_id"]
"""

from millpond import Entity

other = Entity("other", keys="customer_id")
