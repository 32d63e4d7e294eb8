"""Language Table, the original simulation, from a checkout that the user has."""
