"""What every tab shows with: components, events, links, records, theme."""
