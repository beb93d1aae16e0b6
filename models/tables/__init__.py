"""Tables as people keep them in spreadsheets: descriptions, parsing, and writing all or nothing."""
