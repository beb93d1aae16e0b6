"""The limits of import and export, by name. What goes beyond is answered, never cut in silence."""

import_bytes_max = 50 * 1024 * 1024
import_unfolded_bytes_max = 256 * 1024 * 1024  # what an XLSX, which is a zip, may unfold to
import_lines_max = 200_000
problems_shown = 200
problems_shown_max = 10_000

# As sync/limits.py has them for the same columns; a test keeps the two alike.
name_length_max = 200
text_length_max = 4000
