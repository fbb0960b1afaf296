"""How fast is it: each file measures one thing, ``python -m benchmarks [NAME...]`` runs them."""
