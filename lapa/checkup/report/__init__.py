"""What a checkup found, for people: sentences, tables, pages."""
