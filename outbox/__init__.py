"""Facts for the rest of the house: published by the transaction that makes them, relayed afterwards."""
