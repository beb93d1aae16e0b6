"""The limits of the protocol, by name. What goes beyond is answered, never cut in silence."""

PROTOCOL = 1

facts_per_exchange_max = 500
fact_text_bytes_max = 64 * 1024
facts_bytes_max = 1024 * 1024
body_bytes_max = 4 * 1024 * 1024
json_depth_max = 20
parts_per_fact_max = 64
part_text_bytes_max = 256 * 1024
text_length_max = 4000
article_length_max = 20_000
name_length_max = 200
seq_max = 2**53 - 1
lost_facts_max = 1000
amount_max = 10**12

documents_per_answer = 1000
documents_per_answer_max = 5000
answer_bytes_max = 4 * 1024 * 1024
missing_ranges_max = 100

own_marks_per_exchange = 200
marks_per_publish = 500
sources_per_spread = 500

judgements_tried_whole = 3
reset_pause_seconds = 3600

photo_bytes_max = 60 * 1024 * 1024
photo_pixels_max = 50_000_000
photo_frames_max = 16
photo_memory_max = 1024 * 1024 * 1024
photo_cpu_seconds_max = 8
photo_wall_seconds_max = 20  # less than a lease
photo_missing_hours = 24
